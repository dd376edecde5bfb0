// Makes addresses absolute as the browser does, without fragments; gives an empty text for what is no address.
(pairs) => pairs.map(([address, base]) => {
  try {
    const url = new URL(address, base);
    url.hash = "";
    return url.href;
  } catch {
    return "";
  }
})
