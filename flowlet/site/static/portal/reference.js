/* Starts Swagger UI on the document of this installation. Each POST gets an Idempotency-Key of its own unless one was typed in. */
window.addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("reference");
  const example = place.dataset.exampleKey;
  SwaggerUIBundle({
    url: place.dataset.document,
    domNode: place,
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
