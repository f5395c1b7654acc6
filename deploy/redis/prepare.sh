#!/bin/sh
# Prepares an installation before anything starts: makes its own password for Redis, writes the users of Redis, and gives
# the folders to the services. Runs as root in a one-shot container. Running it again changes nothing but
# the permissions of the users.
set -eu
umask 077
url=/secrets/wta_redis_url
if [ ! -s $url ]; then
  password=$(od -An -tx1 -N24 /dev/urandom | tr -d ' \n')
  printf 'redis://wta:%s@redis:6379/0' "$password" >$url.new
  mv $url.new $url
fi
password=$(sed 's|.*wta:\(.*\)@.*|\1|' $url)
hash=$(printf %s "$password" | sha256sum | cut -d ' ' -f 1)
sed "/^user/!d; s/PASSWORD_HASH/$hash/" /deploy/users.acl >/secrets/users.acl.new
mv /secrets/users.acl.new /secrets/users.acl
# The whole volumes are changed, because they may come from a backup or another version.
chown -R 10001:10001 /secrets /data /models /caddy /uploads
# The log belongs to the listener, and to the group that owns these files on the host: what people say is for nobody else.
# New files get the folder's group. A folder with other things in it stays as it is (docs/deploy.md).
# Network and FAT disks have owners of their own, which must not keep everything from starting.
give() {
  chown 10001:"$group" "$2" && chmod "$1" "$2" || echo "$2 cannot be given to user 10001, who must be able to write there"
}
group=$(stat -c %g /deploy)
if ls -A /logs | grep -qv '^result_listener\.log'; then
  echo "the folder of the log holds other files: it must let user 10001 write"
else
  give 2750 /logs
fi
for file in /logs/result_listener.log*; do
  [ ! -f "$file" ] || give 640 "$file"
done
