#!/bin/sh
# PostgreSQL's image runs this script once, when the data directory is empty. Only the gateway's role and superusers can connect to the gateway's
# database.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres --set password="$GATEWAY_DB_PASSWORD" <<'SQL'
CREATE ROLE gateway LOGIN PASSWORD :'password';
CREATE DATABASE gateway OWNER gateway;
REVOKE CONNECT ON DATABASE gateway FROM PUBLIC;
SQL
