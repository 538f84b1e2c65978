/* Starts Swagger UI on the document of this installation. Each POST gets an Idempotency-Key of its own unless one was typed in. */

/*
 * The part of the document that Swagger UI asks for, with what it refers to in place. Its own resolver reads the whole document into
 * another form for every part it shows, which takes seconds; ours has references within itself only, so they are looked up.
 */
const inPlace = (whole, part, above = []) => {
  if (Array.isArray(part)) return part.map((each) => inPlace(whole, each, above));
  if (part === null || typeof part !== "object") return part;
  const to = part.$ref;
  if (typeof to !== "string") {
    return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, inPlace(whole, each, above)]));
  }
  if (!to.startsWith("#/") || above.includes(to)) return part;
  const found = at(whole, to.slice(2).split("/").map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~")));
  if (found === undefined) return part;
  const { $ref: _, ...beside } = part;
  return { ...inPlace(whole, found, [...above, to]), ...inPlace(whole, beside, above), $$ref: to };
};
const at = (whole, path) => path.reduce((found, name) => found?.[name], whole);
const resolving = () => ({
  fn: { resolveSubtree: async (whole, path) => ({ spec: inPlace(whole, at(whole, path)), errors: [] }) },
});

window.addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("reference");
  const example = place.dataset.exampleKey;
  SwaggerUIBundle({
    url: place.dataset.document,
    domNode: place,
    plugins: [resolving],
    deepLinking: true,
    docExpansion: "none",
    defaultModelsExpandDepth: 0,
    persistAuthorization: false,
    validatorUrl: null,
    requestInterceptor: (request) => {
      const key = request.headers["Idempotency-Key"];
      if (request.method === "POST" && (!key || key === example)) request.headers["Idempotency-Key"] = crypto.randomUUID();
      return request;
    },
  });
});
