-- The two roles of a Flowlet database, made once by a superuser before the first migration:
--   psql -v owner_password=… -v app_password=… -f deploy/roles.sql
-- flowlet_owner owns the schema and migrates; flowlet_app is what web, worker and beat connect as: it owns nothing, and each
-- migration grants it what it may do. Neither is a superuser.
\set ON_ERROR_STOP on
CREATE ROLE flowlet_owner LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB PASSWORD :'owner_password';
CREATE ROLE flowlet_app LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB PASSWORD :'app_password';
CREATE DATABASE flowlet OWNER flowlet_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE flowlet FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE flowlet TO flowlet_app;
\connect flowlet
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO flowlet_owner;
