#!/usr/bin/env bash
# Starts the cluster with Debian's packages: apt-get install postgresql nginx-light
# Everything is in a temporary folder, and ends with this script. PORT is nginx's port, and the
# four ports after it belong to the gateways and the database.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
port=${PORT:-8080}
export PATH=$PATH:/usr/sbin
fail() {
  echo "$1" >&2
  exit 1
}
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1) ||
  fail "PostgreSQL is missing: apt-get install postgresql"
command -v nginx >/dev/null || fail "nginx is missing: apt-get install nginx-light"
[ -e ../../packages/gateway/dist/index.js ] ||
  fail "The packages are not built: run npm test or pnpm run build at the root"
for used in $(seq "$port" $((port + 4))); do
  if (exec 3<>"/dev/tcp/127.0.0.1/$used") 2>/dev/null; then
    fail "Port $used is in use. Set PORT to the first of five free ports, such as PORT=18080."
  fi
done
folder=$(mktemp -d)
pids=()
stop() {
  trap - EXIT
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 0' INT TERM

# PostgreSQL refuses to run as root.
as=()
if [ "$(id -u)" = 0 ]; then
  as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  chown postgres "$folder"
fi
export PUBLIC_PORT=$port
export PGHOST=127.0.0.1 PGPORT=$((port + 4)) PGUSER=postgres PGDATABASE=postgres
(cd "$folder" && "${as[@]}" "$bin/initdb" -D data -U postgres -A trust --no-sync >/dev/null)
(cd "$folder" && exec "${as[@]}" "$bin/postgres" -D data -p "$PGPORT" -h "$PGHOST" -k "$folder" 2>database.log) &
pids+=($!)
for _ in $(seq 100); do "$bin/pg_isready" -q && break; sleep 0.1; done

for number in 1 2 3; do
  NAME="gateway$number" PORT=$((port + number)) node gateway.js &
  pids+=($!)
  echo "gateway$number is process $!. Kill it: nothing is lost."
  export "GATEWAY_$number=127.0.0.1:$((port + number))"
done
for number in 1 2 3; do
  for _ in $(seq 100); do
    (exec 3<>"/dev/tcp/127.0.0.1/$((port + number))") 2>/dev/null && break
    sleep 0.1
  done
done

export LISTEN=127.0.0.1:$port
sites=$(sed "s/\${LISTEN}/$LISTEN/; s/\${GATEWAY_1}/$GATEWAY_1/; s/\${GATEWAY_2}/$GATEWAY_2/; s/\${GATEWAY_3}/$GATEWAY_3/" nginx.conf)
cat >"$folder/nginx.conf" <<CONF
daemon off;
pid $folder/nginx.pid;
error_log $folder/nginx.log;
events {}
http {
  access_log off;
  client_body_temp_path $folder/body;
  proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi;
  scgi_temp_path $folder/scgi;
  $sites
}
CONF
nginx -c "$folder/nginx.conf" &
pids+=($!)
echo "Open http://127.0.0.1:$port/ in two windows."
wait -n "${pids[@]}" || true
wait
