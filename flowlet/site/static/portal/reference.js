/* Starts Swagger UI on the document of this installation. An Idempotency-Key is filled in for each POST that has none. */
window.addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("reference");
  SwaggerUIBundle({
    url: place.dataset.document,
    domNode: place,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    tryItOutEnabled: false,
    persistAuthorization: false,
    validatorUrl: null,
    requestInterceptor: (request) => {
      if (request.method === "POST" && !request.headers["Idempotency-Key"]) request.headers["Idempotency-Key"] = crypto.randomUUID();
      return request;
    },
  });
});
