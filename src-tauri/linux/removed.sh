#!/bin/sh
# After a removal. Gateways run from the home folders of the people who started them, and their clients may
# be at work: no package ends them, or touches a home. dpkg says `remove`, rpm says 0 (and 1 for an update).
set -e
case "$1" in
  remove | 0)
    echo "Headgate is removed. A gateway that still runs, and what it keeps, are in the homes of those who use it:"
    echo "  ~/.local/share/headgate/bin/headgate autostart off"
    echo "  ~/.local/share/headgate/bin/headgate down"
    ;;
esac
