// Finds what scrolls in a document, and moves it.
// Members are taken from prototypes, because a page can shadow them: <img name="scrollingElement"> hides the document's.
(request) => {
  const getter = (prototype, name) => {
    const get = Object.getOwnPropertyDescriptor(prototype, name).get;
    return (object) => get.call(object);
  };
  const [clientWidth, clientHeight, scrollHeight, scrollTop, localName, shadowRoot] = [
    "clientWidth", "clientHeight", "scrollHeight", "scrollTop", "localName", "shadowRoot",
  ].map((name) => getter(Element.prototype, name));
  const scrollingElement = getter(Document.prototype, "scrollingElement");
  const documentElement = getter(Document.prototype, "documentElement");
  const contentDocument = getter(HTMLIFrameElement.prototype, "contentDocument");
  const attribute = (element, name) => Element.prototype.getAttribute.call(element, name) || "";
  const elementsOf = (root) => (root instanceof ShadowRoot ? DocumentFragment : Document).prototype.querySelectorAll
    .call(root, "*");

  const isBackwards = (element) => {
    const style = getComputedStyle(element);
    return style.flexDirection === "column-reverse" && style.display.includes("flex");
  };
  const look = ({ element, kind, path }) => {
    const view = kind === "document" ? innerHeight : clientHeight(element);
    const height = scrollHeight(element);
    const room = Math.max(0, height - view);
    const backwards = kind === "element" && isBackwards(element);
    const box = Element.prototype.getBoundingClientRect.call(element);
    return {
      kind, path, view, height, top: scrollTop(element), low: backwards ? -room : 0, high: backwards ? 0 : room,
      box_px: [box.x, box.y, box.width, box.height],
    };
  };

  const nameOf = (element) => {
    const id = attribute(element, "id"), first = attribute(element, "class").trim().split(/\s+/)[0];
    return localName(element) + (id ? `#${id}` : first ? `.${first}` : "");
  };
  const isLarge = (element) => Math.min(clientWidth(element), innerWidth) * Math.min(clientHeight(element), innerHeight)
    >= request.share * innerWidth * innerHeight;
  const hasMore = (element) => scrollHeight(element) > clientHeight(element) + request.least_px;
  // The overflow of the body is the viewport's where the root has none of its own (CSS Overflow 3, section 3.3).
  const isViewport = (element) => localName(element) === "body"
    && getComputedStyle(element.parentElement).overflowY === "visible";
  const scrolls = (element) => hasMore(element) && !isViewport(element)
    && ["auto", "scroll", "overlay"].includes(getComputedStyle(element).overflowY);

  const walk = (root, prefix, found) => {
    for (const element of elementsOf(root)) {
      if (isLarge(element)) {
        const path = prefix + nameOf(element);
        const inner = localName(element) === "iframe" ? contentDocument(element) : null;
        const top = inner && scrollingElement(inner);
        if (top && hasMore(top)) { found.push({ element: top, kind: "frame", path }); }
        if (inner) { walk(inner, `${path} `, found); }
        if (!inner && scrolls(element)) { found.push({ element, kind: "element", path }); }
      }
      const shadow = shadowRoot(element);
      if (shadow) { walk(shadow, `${prefix}${nameOf(element)} `, found); }
    }
    return found;
  };

  if (request.do === "find") {
    const top = scrollingElement(document) || documentElement(document);
    const others = walk(document, "", []).filter(({ element }) => element !== top);
    globalThis.scrollers = [{ element: top, kind: "document", path: "document" }, ...others];
    return globalThis.scrollers.map(look);
  }
  const one = globalThis.scrollers[request.index];
  if (request.do === "show") {
    Element.prototype.scrollIntoView.call(one.element, { behavior: "instant", block: "center" });
  } else if (request.do === "move") {
    Element.prototype.scrollTo.call(one.element, { top: request.top, behavior: "instant" });
  }
  return look(one);
}
