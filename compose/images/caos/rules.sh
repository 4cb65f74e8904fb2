#!/bin/sh
# The packet rules of one fault in this network namespace, known by their comment. Each change is one transaction.
#   rules.sh set FAULT RULE...   these rules on top of their chains (INPUT -s ADDRESS -j DROP), in place of earlier ones
#   rules.sh delete FAULT        none left; fine when there is none
#   rules.sh list FAULT          one line each
set -eu
action=$1
comment="tfbench:$2"
shift 2

ours() {
    iptables-save -t filter | grep -F -e "--comment \"$comment\" " -e "--comment $comment " || true
}

change() {
    {
        echo '*filter'
        ours | sed 's/^-A/-D/'
        for rule; do echo "-I $rule -m comment --comment $comment"; done
        echo COMMIT
    } | iptables-restore -w --noflush
}

case $action in
    set) change "$@" ;;
    delete) change ;;
    list) ours ;;
    *) echo "unknown action $action" >&2; exit 2 ;;
esac
