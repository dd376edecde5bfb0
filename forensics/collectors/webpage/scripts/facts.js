// Says what the document tells of itself and what it can see of the browser.
// Members are taken from prototypes, because a page can shadow them: <img name="title"> hides document.title.
() => {
  const get = (prototype, name) => Object.getOwnPropertyDescriptor(prototype, name).get.call(document);
  const of = (name) => get(Document.prototype, name);
  const first = (selector) => Document.prototype.querySelector.call(document, selector);
  const count = (selector) => Document.prototype.querySelectorAll.call(document, selector).length;
  const kind = get(Document.prototype, "doctype");
  const canonical = first('link[rel~="canonical" i][href]');
  const root = of("documentElement");
  const zone = Intl.DateTimeFormat().resolvedOptions();
  return {
    url: of("URL"),
    title: of("title"),
    canonical_url: canonical ? canonical.href : "",
    language: root ? Element.prototype.getAttribute.call(root, "lang") || "" : "",
    direction: root ? getComputedStyle(root).direction : "",
    referrer: of("referrer"),
    charset: of("characterSet"),
    media_type: of("contentType"),
    doctype: kind ? [kind.name, kind.publicId, kind.systemId].filter(Boolean).join(" ") : "",
    mode: of("compatMode") === "CSS1Compat" ? "standards" : "quirks",
    state: of("readyState"),
    last_modified: of("lastModified"),
    elements: count("*"),
    frame_elements: count("iframe, frame"),
    browser: {
      viewport_px: [innerWidth, innerHeight],
      screen_px: [screen.width, screen.height],
      scale: devicePixelRatio,
      user_agent: navigator.userAgent,
      languages: [...navigator.languages],
      time_zone: zone.timeZone,
      locale: zone.locale,
      color_scheme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
      is_driven: navigator.webdriver === true,
    },
  };
}
