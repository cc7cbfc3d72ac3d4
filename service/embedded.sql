-- name: embedded_roles_and_database :script
-- What every embedded server holds: the owner's role, the service's role, the owner's database. Run
-- by psql as superuser at each start; what is there already stays as it is.
SELECT 'CREATE ROLE jpi_owner LOGIN CREATEROLE'
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'jpi_owner') \gexec

SELECT 'CREATE ROLE jpi_service LOGIN'
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'jpi_service') \gexec

SELECT 'CREATE DATABASE jpi OWNER jpi_owner'
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = 'jpi') \gexec
