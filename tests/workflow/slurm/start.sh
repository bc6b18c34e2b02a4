#!/usr/bin/env bash
# A Slurm on this machine, everything of it under the folder $1; needs root. Installs slurm-wlm and munge with apt if they
# are missing. Its two nodes are two slurmd, each said to have 8 cores, 200 GB and 8 GPUs; the partition `main` has the
# first node, `pair` both.
#   start.sh FOLDER            until it is stopped, /etc/slurm/slurm.conf leads to FOLDER: a job's own srun looks there
#   start.sh FOLDER stop       ends the daemons
set -euo pipefail
folder=$1
here=/etc/slurm/slurm.conf
if [ "${2:-start}" = stop ]; then
    for daemon in slurmd.one slurmd.two slurmctld munged; do
        [ ! -f "$folder/$daemon.pid" ] || kill "$(cat "$folder/$daemon.pid")" || true
    done
    [ "$(readlink $here)" != "$folder/slurm.conf" ] || rm $here
    exit 0
fi
[ ! -e $here ] || { echo "$here: this machine has a Slurm already" >&2; exit 3; }
[ "$(id -u)" = 0 ] || { echo "a Slurm of one's own needs root" >&2; exit 3; }
if ! command -v slurmctld slurmd munged >/dev/null; then
    { apt-get update && apt-get install --yes --no-install-recommends slurm-wlm munge; } >"$folder.apt.log" 2>&1 ||
        { echo "slurm-wlm and munge are not here, and apt cannot fetch them" >&2; exit 3; }
fi
mkdir -p "$folder"/{state,spool.one,spool.two,log}
chmod 755 "$folder"
name=$(hostname -s)
read -r controller one two < <(python3 - <<'END'
import socket
free = [socket.socket() for _ in range(3)]
for each in free:
    each.bind(("127.0.0.1", 0))
print(*(each.getsockname()[1] for each in free))
END
)
cat >"$folder/slurm.conf" <<END
ClusterName=signscale
SlurmctldHost=$name(127.0.0.1)
SlurmctldPort=$controller
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
SlurmUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool.%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.%n.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=30
MinJobAge=3600
KillWait=2
MpiDefault=none
GresTypes=gpu
NodeName=DEFAULT CPUs=8 RealMemory=200000 Gres=gpu:8 State=UNKNOWN
NodeName=one NodeHostname=$name NodeAddr=127.0.0.1 Port=$one
NodeName=two NodeHostname=$name NodeAddr=127.0.0.1 Port=$two
PartitionName=DEFAULT MaxTime=INFINITE State=UP
PartitionName=main Nodes=one Default=YES
PartitionName=pair Nodes=one,two
END
touch "$folder"/gpu{0..7}
echo "NodeName=one,two Name=gpu File=$folder/gpu[0-7]" >"$folder/gres.conf"
head -c 1024 /dev/urandom >"$folder/munge.key"
chmod 600 "$folder/munge.key"
munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
    --log-file="$folder/log/munged.log" --seed-file="$folder/munge.seed"
mkdir -p "$(dirname $here)"
ln -sf "$folder/slurm.conf" $here
export SLURM_CONF=$folder/slurm.conf
slurmctld
slurmd -N one
slurmd -N two
for _ in $(seq 60); do
    [ "$(sinfo --noheader --Node --format=%t 2>/dev/null | sort -u)" = idle ] && exit 0
    sleep 0.5
done
echo "Slurm did not start; see $folder/log" >&2
exit 1
