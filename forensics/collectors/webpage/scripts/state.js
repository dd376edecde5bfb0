// Measures what stands between a reader and the page: password fields, and layers that cover the view.
// Runs in an isolated world, where the page cannot have changed what the browser offers to scripts.
() => {
  const STEPS = 12;
  const width = window.innerWidth;
  const height = window.innerHeight;

  const isShown = (element) => {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return box.width > 1 && box.height > 1 && style.visibility !== "hidden" && Number(style.opacity) > 0.01;
  };

  const layerOf = (element) => {
    for (let one = element; one && one !== document.body && one !== document.documentElement;
         one = one.parentElement || (one.getRootNode() && one.getRootNode().host)) {
      const style = getComputedStyle(one);
      if (style.position === "fixed" || one.localName === "dialog") return one;
      if (style.position === "absolute" && Number(style.zIndex) > 0) {
        const box = one.getBoundingClientRect();
        if (box.width * box.height > 0.8 * width * height) return one;
      }
    }
    return null;
  };

  const layers = new Map();
  let points = 0;
  for (let column = 0; column < STEPS; column += 1) {
    for (let row = 0; row < STEPS; row += 1) {
      points += 1;
      const found = document.elementFromPoint(((column + 0.5) * width) / STEPS, ((row + 0.5) * height) / STEPS);
      const layer = found && layerOf(found);
      if (layer) layers.set(layer, (layers.get(layer) || 0) + 1);
    }
  }
  const text = [...layers.keys()].map((layer) => layer.innerText || "").join("\n");
  const covered = [...layers.values()].reduce((sum, count) => sum + count, 0);
  const bodyStyle = document.body ? getComputedStyle(document.body) : null;
  const rootStyle = getComputedStyle(document.documentElement);
  const isHidden = (style) => Boolean(style) && (style.overflowY === "hidden" || style.overflowY === "clip");
  const contentHeight = document.body ? Math.max(document.body.scrollHeight, document.documentElement.scrollHeight) : 0;
  return {
    passwords: [...document.querySelectorAll("input[type=password]")].filter(isShown).length,
    covered_share: covered / points,
    layer_text: text.slice(0, 4000),
    layer_has_frame: [...layers.keys()].some((layer) => layer.localName === "iframe" || layer.querySelector("iframe")),
    is_scroll_locked: Boolean(bodyStyle) && (bodyStyle.overflowY === "hidden" || bodyStyle.position === "fixed"),
    text: (document.body ? document.body.innerText || "" : "").slice(0, 20000),
    text_length: document.body ? (document.body.innerText || "").trim().length : 0,
    frames: [...document.querySelectorAll("iframe")].filter(isShown).map((frame) => frame.src).slice(0, 50),
    pictures: [...document.querySelectorAll("img,video,canvas,svg,object,embed,picture")].filter((element) => {
      const box = element.getBoundingClientRect();
      return isShown(element) && box.width * box.height > 900;
    }).length,
    has_background: [...document.querySelectorAll("body, body *")].slice(0, 400).some(
      (element) => getComputedStyle(element).backgroundImage.includes("url(") && isShown(element)),
    clipped_px: isHidden(rootStyle) || (isHidden(bodyStyle) && rootStyle.overflowY === "visible")
      ? Math.max(0, contentHeight - height) : 0,
    title: document.title,
  };
}
