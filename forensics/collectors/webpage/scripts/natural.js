// Says of each element how large its picture is by itself and whether it was loaded.
(...elements) => elements.map((element) => {
  if (element instanceof HTMLImageElement) {
    const status = !element.complete || !element.currentSrc ? "pending" : element.naturalWidth ? "loaded" : "failed";
    return { natural_px: [element.naturalWidth, element.naturalHeight], status };
  }
  if (element instanceof HTMLVideoElement) {
    const status = element.error ? "failed" : element.readyState ? "loaded" : "pending";
    return { natural_px: [element.videoWidth, element.videoHeight], status };
  }
  if (element instanceof HTMLCanvasElement) {
    return { natural_px: [element.width, element.height], status: "loaded" };
  }
  return { natural_px: null, status: "unknown" };
})
