#!/bin/sh
# SPDX-License-Identifier: MIT
# Owns: a session with jobs, traps, here-documents, pipes, redirections and subshells. Must not know: who watches.
trap 'echo leaving $?' EXIT
trap 'echo user 1' USR1
trap '' HUP
kill -USR1 $$
kill -HUP $$
cat <<END | while read -r word rest; do echo "$word, $rest"; done
first line of $((3 * 14))
second $(printf '%s\n' a b c | tail -n 1) and \$HOME
END
cat <<'END' >quoted
$nothing `is` $((replaced))
END
cat quoted
(exit 7) || echo "subshell: $?"
(trap 'echo in a subshell' EXIT; exit 3); echo "then $?"
for n in 1 2 3 4 5 6 7 8; do (sleep 0.0$n; echo $n >job.$n; exit $n) & jobs_started="$jobs_started $!"; done
for pid in $jobs_started; do wait "$pid"; printf '%s ' $?; done; echo
cat job.*
sleep 5 & kill $!; wait $!; echo "killed: $?"
sleep 5 & kill -STOP $!; kill -CONT $!; kill -INT $! ; kill -KILL $!; wait $!; echo "killed: $?"
sh -c 'kill -SEGV $$' 2>/dev/null; echo "signal: $?"
sh -c 'kill -ABRT $$' 2>/dev/null; echo "signal: $?"
exec 3>third 4<quoted 5<>both
echo to three >&3; read -r line <&4; echo "$line"; echo both >&5
exec 3>&- 4<&- 5>&-
cat third both
ls /proc/self/fd | wc -l
{ echo out; echo err >&2; } >both.txt 2>&1; cat both.txt
{ echo out; echo err >&2; } 2>&1 >only.txt | sed 's/^/piped: /'; cat only.txt
echo a b c | { read -r x y; echo "$y-$x"; }
seq 1 100000 | head -n 1
seq 1 20000 | sort -rn | uniq | tail -n 2 | tac
f() { local v=inner; echo "$v $# $*"; return 4; }
v=outer; f 1 2 3; echo "$v $?"
set -- x "y z"; for w in "$@"; do echo "<$w>"; done; shift; echo $#
case abc in a?c) echo matched;; *) echo not;; esac
echo "${unset:-default} ${v#out} ${v%er} ${#v}"
eval 'echo evaluated $v'
command -v cat >/dev/null && type cd
ulimit -n 64; ulimit -n
umask 077; : >private; ls -l private | cut -c 1-10
cd / && pwd && cd "$OLDPWD" || exit
mkfifo pipe; (echo through the fifo >pipe) & cat pipe; wait
(ulimit -f 1; head -c 5000 /dev/zero >limited; echo "limited: $?") 2>/dev/null; wc -c <limited
(ulimit -v 200000; exec cat quoted)
echo 'echo sourced $1' >source.sh; . ./source.sh
printf '%s|%5d|%-5s|%x\n' a 42 b 255
times >/dev/null; exit 5
