// Tells which controls a person used, never what was typed. Runs in an isolated world; `tell` exists there alone.
(() => {
  const LONGEST = 80;

  const pathOf = (element) => {
    const parts = [];
    for (let one = element; one && one.nodeType === Node.ELEMENT_NODE && parts.length < 6; one = one.parentElement) {
      let part = one.localName;
      if (one.id) {
        parts.unshift(`${part}#${one.id}`);
        break;
      }
      const alike = one.parentElement ? [...one.parentElement.children].filter((other) => other.localName === part) : [];
      if (alike.length > 1) part += `:nth-of-type(${alike.indexOf(one) + 1})`;
      parts.unshift(part);
    }
    return parts.join(" > ");
  };

  const labelOf = (element) => {
    const link = element.closest("a[href]");
    const control = element.closest("button, a, label, summary, [role=button], [role=link]");
    const text = control && !control.querySelector("input, textarea") ? control.innerText || control.title || "" : "";
    return { text: text.trim().slice(0, LONGEST), address: link ? link.href.slice(0, 500) : "" };
  };

  const send = (action, element, more) => {
    const target = element && element.nodeType === Node.ELEMENT_NODE ? element : document.documentElement;
    forensicsTell(JSON.stringify({ action, path: pathOf(target), page: location.href, ...more }));
  };

  addEventListener("click", (event) => {
    if (event.isTrusted) send("click", event.target, labelOf(event.target));
  }, true);
  addEventListener("change", (event) => {
    const field = event.target;
    if (event.isTrusted) send("edit", field, { field: field.name || "", kind: field.type || field.localName });
  }, true);
  addEventListener("submit", (event) => {
    if (event.isTrusted) send("submit", event.target, { address: String(event.target.action || "").slice(0, 500) });
  }, true);
  let scrolled = 0;
  addEventListener("scrollend", () => {
    if (Math.abs(scrollY - scrolled) > innerHeight / 2) {
      scrolled = scrollY;
      send("scroll", document.documentElement, { top_px: Math.round(scrollY) });
    }
  }, true);
})()
