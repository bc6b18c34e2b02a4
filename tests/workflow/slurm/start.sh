#!/usr/bin/env bash
# A Slurm of one node on this machine, everything of it under the folder $1; needs root. Installs slurm-wlm and munge with
# apt if they are missing. Its one node has 8 cores, 200 GB and 8 GPUs, all of them only said to be there.
#   start.sh FOLDER            until it is stopped, /etc/slurm/slurm.conf leads to FOLDER: a job's own srun looks there
#   start.sh FOLDER stop       ends the daemons
set -euo pipefail
folder=$1
here=/etc/slurm/slurm.conf
if [ "${2:-start}" = stop ]; then
    for daemon in slurmd slurmctld munged; do
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
mkdir -p "$folder"/{state,spool,log}
chmod 755 "$folder"
name=$(hostname -s)
read -r controller node < <(python3 - <<'END'
import socket
free = [socket.socket(), socket.socket()]
for one in free:
    one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in free))
END
)
cat >"$folder/slurm.conf" <<END
ClusterName=signscale
SlurmctldHost=$name(127.0.0.1)
SlurmctldPort=$controller
SlurmdPort=$node
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
SlurmUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
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
NodeName=$name NodeAddr=127.0.0.1 CPUs=8 RealMemory=200000 Gres=gpu:8 State=UNKNOWN
PartitionName=main Nodes=$name Default=YES MaxTime=INFINITE State=UP
END
touch "$folder"/gpu{0..7}
echo "NodeName=$name Name=gpu File=$folder/gpu[0-7]" >"$folder/gres.conf"
head -c 1024 /dev/urandom >"$folder/munge.key"
chmod 600 "$folder/munge.key"
munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
    --log-file="$folder/log/munged.log" --seed-file="$folder/munge.seed"
mkdir -p "$(dirname $here)"
ln -sf "$folder/slurm.conf" $here
export SLURM_CONF=$folder/slurm.conf
slurmctld
slurmd
for _ in $(seq 60); do
    [ "$(sinfo --noheader --format=%t 2>/dev/null)" = idle ] && exit 0
    sleep 0.5
done
echo "Slurm did not start; see $folder/log" >&2
exit 1
