#!/bin/sh
# PostgreSQL's image runs this script once, when the data directory is empty. Only the Conductor server's role and superusers can connect to the
# Conductor server's database.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres --set password="$CONDUCTOR_DB_PASSWORD" <<'SQL'
CREATE ROLE conductor LOGIN PASSWORD :'password';
CREATE DATABASE conductor OWNER conductor;
REVOKE CONNECT ON DATABASE conductor FROM PUBLIC;
SQL
