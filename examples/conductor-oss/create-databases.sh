#!/bin/sh
# PostgreSQL's image runs this script once, when the data directory is empty. The gateway and the Conductor server each own one database, and neither
# can connect to the other's database.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres \
  --set gateway="$GATEWAY_DB_PASSWORD" --set conductor="$CONDUCTOR_DB_PASSWORD" <<'SQL'
CREATE ROLE gateway LOGIN PASSWORD :'gateway';
CREATE ROLE conductor LOGIN PASSWORD :'conductor';
CREATE DATABASE gateway OWNER gateway;
CREATE DATABASE conductor OWNER conductor;
REVOKE CONNECT ON DATABASE gateway, conductor FROM PUBLIC;
SQL
