#!/bin/bash
# radosgw.sh ROOT DATA S3_PORT MONITOR_PORT ACCESS_KEY_ID SECRET_ACCESS_KEY
#
# Runs the smallest Ceph that serves S3 in the foreground: one monitor, one storage daemon that
# keeps everything in memory, one gateway, all on 127.0.0.1. ROOT is a folder of unpacked Debian
# packages, DATA an empty folder. Nothing is installed and no privilege is used: the programs are
# started through the dynamic loader of ROOT, and every path they need is given to them.
set -eu
root=$1 data=$2 s3_port=$3 monitor_port=$4 access_key_id=$5 secret_access_key=$6
cluster_id=$(</proc/sys/kernel/random/uuid)
storage_id=$(</proc/sys/kernel/random/uuid)

# Debian of before the merged /usr keeps some libraries in /lib, so both are looked through.
loader=$(echo "$root"/{usr/,}lib/*-linux-gnu*/ld-linux*.so.* | tr ' ' '\n' | grep -v '\*' | head -n 1)
triplet=$(basename "$(dirname "$loader")")
libraries=$root/usr/lib/$triplet
export LC_ALL=C.UTF-8 OPENSSL_CONF=/dev/null
export PYTHONHOME=$root/usr PYTHONPATH=$root/usr/lib/python3/dist-packages

run() {
  local program=$1
  shift
  "$loader" --library-path "$libraries:$root/lib/$triplet:$libraries/ceph" "$program" "$@"
}
daemon() { run "$root/usr/bin/$1" -c "$data/ceph.conf" "${@:2}"; }
ceph() { run "$root/usr/bin/python3" "$root/usr/bin/ceph" -c "$data/ceph.conf" "$@"; }

mkdir -p "$data"/{monitor,storage,gateway}
cat >"$data/ceph.conf" <<CONF
[global]
fsid = $cluster_id
mon_host = v1:127.0.0.1:$monitor_port
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
keyring = /dev/null
run_dir = $data
admin_socket =
log_file = $data/\$name.log
mon_data = $data/monitor
mon_cluster_log_file = $data/cluster.log
osd_data = $data/storage
rgw_data = $data/gateway
# Paths that are built into the programs otherwise.
plugin_dir = $libraries/ceph
erasure_code_dir = $libraries/ceph/erasure-code
osd_class_dir = $libraries/rados-classes
# One copy of everything, in memory.
osd_objectstore = memstore
memstore_device_bytes = 2147483648
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 2000
# A lone monitor need not wait for others: without these two a start takes ten seconds more.
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
[client]
rgw_frontends = beast endpoint=127.0.0.1:$s3_port
CONF

run "$root/usr/bin/monmaptool" --create --fsid "$cluster_id" \
  --addv a "[v1:127.0.0.1:$monitor_port]" "$data/monmap"
daemon ceph-mon -i a --mkfs --monmap "$data/monmap"
daemon ceph-mon -i a -f &
ceph osd new "$storage_id"
daemon ceph-osd -i 0 --mkfs --osd-uuid "$storage_id"

# About one start in four, the storage daemon is refused with "wrong fsid" and quits: start it again.
while ! daemon ceph-osd -i 0 -f; do sleep 0.1; done &

# A request that comes before the storage daemon is up is tried again only five seconds later. Should
# its log word this otherwise one day, those five seconds are lost and nothing else.
for ((waited = 0; waited < 100; waited++)); do
  if grep -qs "booting -> active" "$data/osd.0.log"; then break; fi
  sleep 0.05
done
daemon radosgw-admin user create --uid=hex --display-name=hex \
  --access-key="$access_key_id" --secret="$secret_access_key"
daemon radosgw -n client.rgw.hex -f
