# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Completion of cyber-zfs-backup for bash. It holds no list of its own: commands and options are asked of the program's own
# --help, which its table of commands makes, and what an option takes is told by the word that the help has for it.

# Runs the program that is being completed, whatever was typed before its name: it reads only.
_cyber_zfs_backup_ask() {
    # A word as it was typed may begin with a tilde.
    "${COMP_WORDS[0]/#\~\//$HOME/}" "$@" 2> /dev/null < /dev/null
}

# The commands, one a line, as its words.
_cyber_zfs_backup_commands() {
    _cyber_zfs_backup_ask --help |
        sed -n '/^Commands:$/,/^$/ s/^  \([a-z][a-z ]*[a-z]\)  .*/\1/p'
}

# A line "--OPTION VALUE" for each of a command's options; nothing behind it where it takes no value.
_cyber_zfs_backup_options() {
    _cyber_zfs_backup_ask "$@" --help |
        sed -nE 's/^  (-[a-z] \[ )?(--[a-z-]+)( \])?(( [^ ]+)*)(  .*)?$/\2\4/p'
}

# The jobs of the configuration that is in effect.
_cyber_zfs_backup_jobs() {
    _cyber_zfs_backup_ask config show "$@" | sed -n 's/^  \([A-Za-z0-9][A-Za-z0-9._-]*\):.*/\1/p'
}

_cyber_zfs_backup() {
    local current=${COMP_WORDS[COMP_CWORD]} word option='' takes='' config='' i
    local -a words=() command=() options known
    COMPREPLY=()
    # Between the program and the cursor. bash makes --config=FILE three words.
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} == '=' ]] || words+=("${COMP_WORDS[i]}")
    done
    [[ $current != '=' ]] || current=''

    # The longest command that the line begins with.
    mapfile -t known < <(_cyber_zfs_backup_commands)
    for word in "${known[@]}"; do
        # shellcheck disable=SC2206 # a command is its words
        local -a candidate=($word)
        if ((${#candidate[@]} > ${#command[@]})) && [[ "${words[*]:0:${#candidate[@]}}" == "$word" ]]; then
            command=("${candidate[@]}")
        fi
    done
    mapfile -t options < <(_cyber_zfs_backup_options "${command[@]}")

    # The option that the cursor's word may belong to, and what it takes.
    for word in "${words[@]:${#command[@]}}"; do
        if [[ $word == -* ]]; then
            option=$word
        elif [[ $option == --config ]]; then
            config=$word
        fi
    done
    for word in "${options[@]}"; do
        [[ $option && ${word%% *} == "$option" && $word == *' '* ]] && takes=${word#* }
    done
    # Of one value, only the word behind the option.
    if [[ $takes != *'|'* || $option == --log-format ]] && ((${#words[@]} > 0)); then
        [[ ${words[-1]} == "$option" ]] || takes=''
    fi

    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "${options[*]%% *}" -- "$current")
        return
    fi
    case $takes in
    *'|'*) mapfile -t COMPREPLY < <(compgen -W "${takes//|/ }" -- "$current") ;;
    FILE) _cyber_zfs_backup_paths -f "$current" ;;
    DIR) _cyber_zfs_backup_paths -d "$current" ;;
    POOL/DATASET)
        mapfile -t COMPREPLY < <(compgen -W "$(zfs list -H -o name 2> /dev/null)" -- "$current")
        ;;
    NAME)
        mapfile -t COMPREPLY < <(compgen -W "$(_cyber_zfs_backup_jobs ${config:+--config "$config"})" -- "$current")
        ;;
    '') _cyber_zfs_backup_next_word ;;
    esac
}

# Paths, to which readline adds what their kind needs: _cyber_zfs_backup_paths -f|-d CURRENT
_cyber_zfs_backup_paths() {
    mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
    compopt -o filenames 2> /dev/null || true # not where no completion is going on, as in its test
}

# Where no option wants a value: the next word of a command, or, where that is complete, an operand.
_cyber_zfs_backup_next_word() {
    local typed="${words[*]}" word
    local -a next=()
    if ((${#words[@]} == 0)) || [[ ${words[*]} != *-* ]]; then
        for word in "${known[@]}"; do
            if [[ ! $typed ]]; then
                next+=("${word%% *}")
            elif [[ $word == "$typed "* ]]; then
                word=${word#"$typed "}
                next+=("${word%% *}")
            fi
        done
    fi
    if ((${#next[@]} > 0)); then
        mapfile -t COMPREPLY < <(compgen -W "${next[*]}" -- "$current" | sort -u)
    elif [[ "${command[*]}" == 'plugins test' ]]; then
        _cyber_zfs_backup_paths -f "$current"
    elif [[ "${command[*]}" == 'plugins describe' ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_cyber_zfs_backup_plugins)" -- "$current")
    fi
}

# The plugins as KIND/ID.
_cyber_zfs_backup_plugins() {
    _cyber_zfs_backup_ask plugins | sed -nE 's,^(transport|naming|retention) ([a-z0-9-]+) .*,\1/\2,p'
}

complete -F _cyber_zfs_backup cyber-zfs-backup
