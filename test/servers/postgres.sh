#!/bin/bash
# postgres.sh ROOT DATA PORT
#
# Makes a PostgreSQL cluster in the empty folder DATA and serves it in the foreground, on 127.0.0.1
# alone, with TLS for whoever asks. ROOT is a folder of unpacked Debian packages: nothing is
# installed, and the programs are started through its own dynamic loader. PostgreSQL refuses to be
# root: for root it is run as `nobody`, who may read what root may, as ROOT can lie in root's home.
# Users: `hex`, who may do everything, and `reader`, each by the password that is their name.
set -eu
root=$1 data=$2 port=$3
programs=$root/usr/lib/postgresql/15/bin

loader=$(echo "$root"/{usr/,}lib/*-linux-gnu*/ld-linux*.so.* | tr ' ' '\n' | grep -v '\*' | head -n 1)
triplet=$(basename "$(dirname "$loader")")
libraries=$root/usr/lib/$triplet:$root/lib/$triplet
export LC_ALL=C.UTF-8 TZ=UTC OPENSSL_CONF=/dev/null

# initdb starts the `postgres` that lies beside it, so both get a stand-in that goes by the loader.
mkdir "$data/bin"
for program in initdb postgres; do
  printf '#!/bin/bash\nexec "%s" --argv0 "%s" --library-path "%s" "%s" "$@"\n' \
    "$loader" "$data/bin/$program" "$libraries" "$programs/$program" >"$data/bin/$program"
done
sed -i "s|--argv0 \"$data/bin/postgres\"|--argv0 \"$programs/postgres\"|" "$data/bin/postgres"
chmod +x "$data"/bin/*

"$loader" --library-path "$libraries" "$root/usr/bin/openssl" req -x509 -newkey rsa:2048 -nodes \
  -days 2 -subj /CN=localhost -config "$root/etc/ssl/openssl.cnf" \
  -keyout "$data/server.key" -out "$data/server.crt" 2>/dev/null
chmod 600 "$data/server.key"
echo hex >"$data/password"

as_owner=()
if [ "$(id -u)" = 0 ]; then
  chown -R nobody "$data"
  as_owner=(setpriv --reuid=nobody --regid=nogroup --clear-groups
    --inh-caps=-all,+dac_override --ambient-caps=-all,+dac_override)
fi

"${as_owner[@]}" "$data/bin/initdb" --pgdata="$data/cluster" --username=hex --auth=scram-sha-256 \
  --pwfile="$data/password" --encoding=UTF8 --no-sync -L "$root/usr/share/postgresql/15"

echo "CREATE ROLE reader LOGIN PASSWORD 'reader'" |
  "${as_owner[@]}" "$data/bin/postgres" --single -D "$data/cluster" -F postgres >/dev/null

exec "${as_owner[@]}" "$data/bin/postgres" -D "$data/cluster" -F -p "$port" -k "$data" \
  -c listen_addresses=127.0.0.1 -c timezone=Asia/Kolkata -c max_connections=50 \
  -c dynamic_shared_memory_type=mmap -c jit=off -c max_wal_size=4GB \
  -c ssl=on -c ssl_cert_file="$data/server.crt" -c ssl_key_file="$data/server.key"
