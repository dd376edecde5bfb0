// Tells which controls a person used, never what was typed. Values of password fields alone are handed over, so that
// they can be taken out of what is kept. Runs in an isolated world; `forensicsTell` exists there alone.
(() => {
  const LONGEST_LABEL = 80;
  const LONGEST_ADDRESS = 2000;
  const SOON_MS = 1500;  // between an input and what the browser does because of it
  const SCROLL_KEYS = new Set([" ", "ArrowDown", "ArrowUp", "End", "Home", "PageDown", "PageUp"]);

  let inputAt = -Infinity;
  let edited = null;
  const passwords = new Map();
  const tops = new WeakMap();

  // A form's fields stand in for its own members of the same names, so these are asked of the prototypes.
  const getter = (prototype, name) => {
    const { get } = Object.getOwnPropertyDescriptor(prototype, name);
    return (node) => get.call(node);
  };
  const nodeTypeOf = getter(Node.prototype, "nodeType");
  const parentOf = getter(Node.prototype, "parentNode");
  const tagOf = getter(Element.prototype, "localName");
  const childrenOf = getter(Element.prototype, "children");
  const attribute = (element, name) => Element.prototype.getAttribute.call(element, name) || "";

  const tell = (message) => forensicsTell(JSON.stringify(message));
  const isRecent = () => performance.now() - inputAt < SOON_MS;
  const targetOf = (event) => event.composedPath()[0];
  const isElement = (node) => node instanceof Node && nodeTypeOf(node) === Node.ELEMENT_NODE;

  const parentsChildren = (parent) => (isElement(parent) ? childrenOf(parent) : parent.children);

  const pathOf = (element) => {
    const parts = [];
    let one = element;
    while (isElement(one) && parts.length < 6) {
      const tag = tagOf(one), id = attribute(one, "id"), parent = parentOf(one);
      const alike = parent && !id ? [...parentsChildren(parent)].filter((other) => tagOf(other) === tag) : [];
      parts.unshift(id ? `${tag}#${id}` : alike.length > 1 ? `${tag}:nth-of-type(${alike.indexOf(one) + 1})` : tag);
      if (id) break;
      one = parent instanceof ShadowRoot ? parent.host : parent;
    }
    return parts.join(" > ");
  };

  const report = (action, node, more) => {
    const element = isElement(node) ? node : document.documentElement;
    tell({ action, path: pathOf(element), page: location.href.slice(0, LONGEST_ADDRESS), ...more });
  };

  const labelOf = (element) => {
    const link = element.closest("a[href]");
    const control = element.closest("button, a, label, summary, [role=button], [role=link], [role=tab]");
    const isFree = control && !control.isContentEditable && !control.querySelector("input, textarea, [contenteditable]");
    const text = isFree ? control.innerText || attribute(control, "aria-label") || control.title || "" : "";
    return { text: text.trim().slice(0, LONGEST_LABEL), address: link ? String(link.href).slice(0, LONGEST_ADDRESS) : "" };
  };

  const isPassword = (element) => isElement(element) && tagOf(element) === "input" && (
    passwords.has(element) || element.type === "password" ||
    /password|one-time-code/.test(attribute(element, "autocomplete")));

  // A page could write its own text into a password field to have it masked everywhere: only what a person typed counts,
  // and what the browser filled in.
  const handOver = (isFinal) => {
    for (const element of document.querySelectorAll("input[type=password]:autofill")) passwords.set(element, element.value);
    let slot = 0;
    for (const value of passwords.values()) tell({ action: "password", slot: slot++, value, final: isFinal });
  };

  addEventListener("input", (event) => {
    if (!event.isTrusted) return;
    const field = targetOf(event);
    if (isPassword(field)) {
      passwords.set(field, field.value);
      handOver(false);
    }
    if (field === edited || field.matches(":autofill")) return;
    edited = field;
    report("edit", field, { field: attribute(field, "name") || attribute(field, "id"), kind: attribute(field, "type") || tagOf(field) });
  }, true);
  addEventListener("focusout", () => { edited = null; }, true);
  addEventListener("change", () => handOver(true), true);

  addEventListener("pointerdown", (event) => {
    if (!event.isTrusted) return;
    inputAt = performance.now();
    handOver(true);
  }, true);
  addEventListener("keydown", (event) => {
    if (!event.isTrusted) return;
    if (event.key === "Enter" || SCROLL_KEYS.has(event.key)) inputAt = performance.now();
    if (event.key === "Enter") handOver(true);
  }, true);
  for (const kind of ["wheel", "touchmove"]) {
    addEventListener(kind, (event) => { if (event.isTrusted) inputAt = performance.now(); }, { capture: true, passive: true });
  }

  addEventListener("click", (event) => {
    const element = targetOf(event);
    if (event.isTrusted && isElement(element)) {
      report("click", element, { ...labelOf(element), by: event.pointerType || "keyboard" });
    }
  }, true);
  addEventListener("submit", (event) => {
    handOver(true);
    const form = targetOf(event);
    const address = (URL.parse(attribute(form, "action"), document.baseURI)?.href || "").slice(0, LONGEST_ADDRESS);
    if (event.isTrusted && isRecent()) report("submit", form, { address });
  }, true);
  addEventListener("scrollend", (event) => {
    const region = event.target === document ? document.scrollingElement : event.target;
    const top = region ? region.scrollTop : 0;
    if (!region || !isRecent() || Math.abs(top - (tops.get(region) || 0)) < region.clientHeight / 2) return;
    tops.set(region, top);
    report("scroll", region, { top_px: Math.round(top) });
  }, true);
  addEventListener("focus", (event) => { if (event.target === window) tell({ action: "front" }); }, true);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) tell({ action: "front" }); }, true);
})()
