# What the scripts beside it share. Sourced, never run.

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
command_name=$(basename "$0")

fail() {
    printf '%s: %s\n' "$command_name" "$*" >&2
    exit 1
}

# An option's value, or the end.
value_of() {
    [ $# -ge 2 ] && [ -n "$2" ] || fail "$1 needs a value"
    printf '%s' "$2"
}

whole_number() {
    [[ $2 =~ ^[1-9][0-9]{0,4}$ ]] || fail "$1 must be a whole number, not “$2”"
}

# Builds the program, unless KEYCLAVE_PROGRAM names one; `program` says where it is.
build() {
    program=${KEYCLAVE_PROGRAM:-$project/.build/release/keyclave}
    if [ -n "${KEYCLAVE_PROGRAM:-}" ]; then
        [ -x "$program" ] || fail "KEYCLAVE_PROGRAM names $program, which can't be run"
        program=$(cd "$(dirname "$program")" && pwd -P)/$(basename "$program")
        return
    fi
    build_product keyclave
}

# Builds a product in release if the sources are newer than it is.
build_product() {
    # The product's own time won't do: a build that had nothing to do for it leaves it as it was.
    local built=$project/.build/$1.built newer=yes
    if [ -x "$project/.build/release/$1" ] && [ -f "$built" ]; then
        newer=$(find "$project/Sources" "$project/Package.swift" -newer "$built" -print -quit)
    fi
    [ -n "$newer" ] || return 0
    printf 'building %s (some minutes the first time)\n' "$1" >&2
    mkdir -p "$project/.build"
    touch "$built.new"
    (cd "$project" && swift build -c release --static-swift-stdlib --product "$1") >&2 ||
        fail "the build failed"
    mv "$built.new" "$built"
}

# Who joined and was removed since the first `up`.
planned_founders='' planned_removed=''

# Where a cluster lives unless --dir says otherwise.
standard_directory=$project/.cluster

# Makes `directory` absolute; the last argument says what to do if it isn't there.
find_directory() {
    if [ ! -d "$directory" ]; then
        [ "${1:-}" = make ] || fail "$directory isn't there: no cluster was started in it"
        mkdir -p -m 700 "$directory" || exit 1
    fi
    [ "${1:-}" != make ] || [ -w "$directory" ] || fail "$directory can't be written to"
    directory=$(cd "$directory" && pwd -P) || exit 1
}

# From here on no other up or down works on the directory. The lock is the directory's own, and
# goes with this process, however it ends: no child that may outlive it inherits descriptor 9.
lock_directory() {
    exec 9<"$directory"
    flock -n 9 || fail "another up or down is at work in $directory"
}

# A command that may take its time, without the lock. In “$(…)” only: elsewhere it would let go.
unlocked() {
    exec 9<&-
    "$@"
}

# Reads what `up` wrote down about the cluster: nodes, port, address and id.
read_plan() {
    [ -f "$directory/cluster.plan" ] || return 1
    local name value
    planned_founders='' planned_removed=''
    while IFS='=' read -r name value; do
        case $name in
            nodes) planned_nodes=$value ;;
            port) planned_port=$value ;;
            address) planned_address=$value ;;
            cluster_id) planned_cluster_id=$value ;;
            founders) planned_founders=$value ;;
            removed) planned_removed=$value ;;
        esac
    done <"$directory/cluster.plan"
    planned_founders=${planned_founders:-$planned_nodes}
}

# The numbers of the nodes that are there, without those that were removed.
present_nodes() {
    local node
    for ((node = 1; node <= planned_nodes; node++)); do
        [[ ,$planned_removed, == *,$node,* ]] || printf '%s ' "$node"
    done
}

node_directory() { printf '%s/n%s' "$directory" "$1"; }
configuration() { printf '%s/n%s/node.json' "$directory" "$1"; }

# Whether process $1 is a `serve` with the configuration file $2.
serves() {
    local -a words
    { mapfile -d '' -t words <"/proc/$1/cmdline"; } 2>/dev/null || return 1
    [ "${words[1]:-}" = serve ] && [ "${words[3]:-}" = "$2" ]
}

# The process id of a node that runs. The file alone proves nothing: after a crash the number may
# belong to anybody, and a node that was started by hand isn't in it.
running_pid() {
    local pid file
    file=$(configuration "$1")
    { read -r pid <"$(node_directory "$1")/pid"; } 2>/dev/null || true
    if [[ ${pid:-} =~ ^[1-9][0-9]*$ ]] && serves "$pid" "$file"; then
        printf '%s' "$pid"
        return
    fi
    for pid in /proc/[1-9]*; do
        pid=${pid#/proc/}
        serves "$pid" "$file" || continue
        printf '%s' "$pid"
        return
    done
    return 1
}

# Nodes hand over and drain on SIGTERM; whoever hasn't ended after 15 s is killed, which loses
# nothing that was acknowledged.
stop_nodes() {
    local node pid started=$SECONDS
    for node in "$@"; do
        pid=$(running_pid "$node") || continue
        kill -TERM "$pid" 2>/dev/null || true
    done
    for node in "$@"; do
        while pid=$(running_pid "$node"); do
            if [ $((SECONDS - started)) -ge 15 ]; then
                printf '%s: n%s (process %s) doesn’t stop and is killed\n' "$command_name" \
                    "$node" "$pid" >&2
                kill -KILL "$pid" 2>/dev/null || true
                sleep 0.5 9<&-
            fi
            sleep 0.05 9<&-
        done
        rm -f "$(node_directory "$node")/pid"
    done
}

# Whether anybody listens at host $1 and port $2.
is_taken() { (exec 9<&- && exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# The status of GET $3 at host $1 and port $2, or nothing. Without curl: a fresh machine has none.
http_status() {
    (
        exec 3<>"/dev/tcp/$1/$2" || exit 1
        printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$3" "$1" >&3
        IFS=' ' read -r -t 2 _ status _ <&3 && printf '%s' "$status"
    ) 2>/dev/null || true
}

# The address that this machine reaches a node's clients' port by.
probe_address() {
    case $planned_address in
        0.0.0.0) printf '127.0.0.1' ;;
        *) printf '%s' "$planned_address" ;;
    esac
}
