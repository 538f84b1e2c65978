"""The partner's pages: landing page, guide, reference and error catalogue, served from here without anything from outside.

The reference is Swagger UI over the OpenAPI document of this installation; guide and catalogue are plain HTML that work without
scripts. ``doc_url`` in a refusal points to the catalogue.
"""
