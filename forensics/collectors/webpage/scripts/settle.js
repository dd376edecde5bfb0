// Waits until two pictures of the page were drawn; a page that is not drawn at all gets half a second.
() => Promise.race([
  new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))),
  new Promise((done) => setTimeout(() => done(false), 500)),
])
