#!/bin/bash
# Proves the .deb on a clean Debian 12: install, start, first call, removal without residue.
#
#   prove.sh PACKAGE.deb FOLDER
#
# `cargo xtask bundle --prove` runs it as root, in name spaces of its own: whatever happens, what it mounted
# and started ends with it. It leaves a picture of the app in FOLDER.
set -euo pipefail

deb=$(realpath "$1")
folder=$(realpath "$2")
root=$folder/root
person=ann
home=/home/$person

# A busy machine starts an app in seconds; more than this is a failure.
patience_s=60

say() { echo "--- $*"; }
fail() { echo "prove.sh: $*" >&2; exit 1; }

# Waits until a command succeeds.
until_true() {
  local deadline=$((SECONDS + patience_s))
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "still not true after $patience_s s: $*"
    sleep 0.2
  done
}

# Nothing of this machine's environment goes in; proxies of the package manager do.
in_root() {
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} "$@"
}

as_person() {
  chroot --userspec="$person" "$root" env -i -C "$home" PATH=/usr/bin:/bin LANG=C.UTF-8 HOME="$home" USER="$person" \
    XDG_RUNTIME_DIR=/run/person DISPLAY="$display" "$@"
}

# Every path that a package might leave behind. Homes are the person's; the rest is the package manager's own
# and what every system forgets.
paths() {
  find "$root" -xdev \( -path "$root/home" -o -path "$root/proc" -o -path "$root/sys" -o -path "$root/dev" \
    -o -path "$root/tmp" -o -path "$root/run" -o -path "$root/var/tmp" -o -path "$root/var/log" \
    -o -path "$root/var/cache" -o -path "$root/var/lib/apt" \) -prune -o -printf '/%P\n' | sort
}

say "a clean Debian 12"
debootstrap --variant=minbase bookworm "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
# Desktops have a session bus, and the package manager's database of people is all that is needed for one.
in_root apt-get --quiet update
in_root apt-get --quiet install -y --no-install-recommends dbus-daemon
in_root useradd --create-home --shell /bin/sh "$person"
install -d -m 700 -o "$(in_root id -u "$person")" "$root/run/person"

say "what the package depends on, and nothing that it only recommends"
depends=$(dpkg-deb --field "$deb" Depends)
in_root apt-get --quiet satisfy -y --no-install-recommends "$depends"
paths >"$folder/before"

say "install"
cp "$deb" "$root/tmp/headgate.deb"
in_root apt-get --quiet install -y --no-install-recommends /tmp/headgate.deb
if in_root ldd /usr/bin/headgate-desktop /usr/bin/headgate | grep 'not found'; then
  fail "libraries that Depends does not bring"
fi
paths >"$folder/installed"
comm -13 "$folder/before" "$folder/installed"

say "start"
exec 3<>"$folder/display"
Xvfb -displayfd 3 -ac -nolisten tcp -screen 0 1280x800x24 >"$folder/xvfb.log" 2>&1 &
until_true test -s "$folder/display"
display=:$(<"$folder/display")
mkdir -p "$root/tmp/.X11-unix"
mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
as_person dbus-run-session -- headgate-desktop >"$folder/app.log" 2>&1 &
export DISPLAY=$display
until_true xdotool search --onlyvisible --class '^headgate-desktop$'
window=$(xdotool search --onlyvisible --class '^headgate-desktop$' | head -n 1)
xprop -id "$window" WM_CLASS _NET_WM_NAME

say "first call"
until_true as_person headgate list
as_person headgate status
as_person headgate add --demo
as_person headgate call echo '{"message":"hello"}' | tee "$folder/answer"
grep --quiet hello "$folder/answer" || fail "the call was not answered"

# The switch at the foot of the page has the accent of tokens.css as soon as the app hears the gateway.
page_hears_the_gateway() {
  import -window "$window" "$folder/app.png" &&
    convert "$folder/app.png" -gravity SouthWest -crop 208x60+0+0 -format %c histogram:info: | grep --quiet '#0B6670'
}
until_true page_hears_the_gateway

# The page for browsers is in the program.
link=$(as_person headgate ui --print)
curl --silent --fail --output "$folder/page.html" "${link%%#*}" || fail "the gateway serves no page at ${link%%#*}"
grep --quiet '<script' "$folder/page.html" || fail "the page at ${link%%#*} is empty"

say "stop"
kill "$(xdotool getwindowpid "$window")"
as_person headgate down
nobody_is_left() { ! pgrep --uid "$(in_root id -u "$person")" --exact 'headgate.*'; }
until_true nobody_is_left

say "remove"
in_root apt-get --quiet purge -y headgate
paths >"$folder/after"
diff "$folder/before" "$folder/after" || fail "the removal left or took files, see above"

say "what stays in the home, and still works"
(cd "$root$home" && find . -path ./.cache/mesa_shader_cache -prune -o -not -type d -print)
as_person "$home/.local/share/headgate/bin/headgate" up
as_person "$home/.local/share/headgate/bin/headgate" down

say "proved; the picture is $folder/app.png"
