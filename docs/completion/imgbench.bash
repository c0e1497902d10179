# SPDX-License-Identifier: MIT
# Owns: completion of imgbench for bash; installed as bash-completion/completions/imgbench. Needs bash-completion only for
# the words of the command behind `run`.
# It knows no command and no option: it asks the imgbench of the command line for its help.

# Prints "option TAB argument", as in "--html FILE", "--json [FILE]", "--images".
_imgbench_options() { # imgbench, command
    ARGP_HELP_FMT=rmargin=500 "$1" help "$2" 2>/dev/null | awk '/^ +(-., )?--/ {
        sub(/^ +(-., +)?/, ""); sub(/ .*/, "")
        option = argument = $0; sub(/\[?=.*/, "", option); sub(/^[^=[]*/, "", argument); sub(/=/, "", argument)
        print option "\t" argument }'
}

_imgbench_of_argument() { # what an argument is called in the help; replies with what may stand there
    local cur=$2
    case $1 in
    *FILE*) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    *DIR* | *TRACE*) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
    *OLD*) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur"; compgen -f -X '!*.json' -- "$cur") ;;
    *CMD*) mapfile -t COMPREPLY < <(compgen -c -- "$cur") ;;
    *LIST*)
        local before=${cur%"${cur##*,}"}
        mapfile -t COMPREPLY < <(compgen -P "$before" -W "libc jemalloc tcmalloc mimalloc" -- "${cur##*,}")
        ;;
    *COMMAND*) mapfile -t COMPREPLY < <(compgen -W "$("$3" --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p')" -- "$cur") ;;
    esac
}

_imgbench() {
    local program=${COMP_WORDS[0]/#\~/$HOME} command=${COMP_WORDS[1]} cur=${COMP_WORDS[COMP_CWORD]} option="" i
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        _imgbench_of_argument COMMAND "$cur" "$program"
        if [[ ! $cur || help == "$cur"* ]]; then COMPREPLY+=(help); fi
        if [[ $cur == -* ]]; then mapfile -t COMPREPLY < <(compgen -W "--help --version" -- "$cur"); fi
        return
    fi
    if [[ $command == help ]]; then
        if ((COMP_CWORD == 2)); then _imgbench_of_argument COMMAND "$cur" "$program"; fi
        return
    fi
    # "=" is a word of its own here, unless it was taken out of COMP_WORDBREAKS.
    if [[ $cur == "=" ]]; then
        option=${COMP_WORDS[COMP_CWORD - 1]} cur=""
    elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == "=" ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    local names arguments operands name argument
    names=() arguments=()
    while IFS=$'\t' read -r name argument; do
        names+=("$name") arguments+=("$argument")
    done < <(_imgbench_options "$program" "$command")
    operands=$(ARGP_HELP_FMT=rmargin=500 "$program" help "$command" 2>/dev/null | sed -n '1s/.*\[OPTION\.\.\.\]//p')
    if [[ $operands == *"[--]"* ]]; then # everything from the first operand on is another command's
        local takes
        for ((i = 2; i < COMP_CWORD; i++)); do
            takes=""
            case ${COMP_WORDS[i]} in
            --) i=$((i + 1)) && break ;;
            --*)
                for name in "${!names[@]}"; do
                    if [[ ${names[name]} == "${COMP_WORDS[i]}" && ${arguments[name]} == [A-Z]* ]]; then takes=1; fi
                done
                if [[ ${COMP_WORDS[i + 1]:-} == "=" ]]; then
                    i=$((i + 2))
                elif [[ $takes ]]; then
                    i=$((i + 1))
                fi
                ;;
            *) break ;;
            esac
        done
        if ((i < COMP_CWORD)) || [[ ${COMP_WORDS[COMP_CWORD - 1]} == -- ]]; then
            if declare -F _command_offset >/dev/null; then
                _command_offset "$i"
            elif ((i == COMP_CWORD)); then
                _imgbench_of_argument CMD "$cur"
            else
                _imgbench_of_argument FILE "$cur"
            fi
            return
        fi
    fi
    if [[ ! $option ]]; then
        for i in "${!names[@]}"; do # --html FILE; an optional argument needs the "="
            if [[ ${names[i]} == "${COMP_WORDS[COMP_CWORD - 1]}" && ${arguments[i]} == [A-Z]* ]]; then option=${names[i]}; fi
        done
    fi
    if [[ $option ]]; then
        for i in "${!names[@]}"; do
            if [[ ${names[i]} == "$option" ]]; then _imgbench_of_argument "${arguments[i]}" "$cur"; fi
        done
    elif [[ $cur == --*=* ]]; then
        for i in "${!names[@]}"; do
            if [[ ${names[i]} == "${cur%%=*}" ]]; then _imgbench_of_argument "${arguments[i]}" "${cur#*=}"; fi
        done
        COMPREPLY=("${COMPREPLY[@]/#/${cur%%=*}=}")
    elif [[ $cur == -* ]]; then
        for i in "${!names[@]}"; do
            if [[ ${names[i]} == "$cur"* ]]; then
                case ${arguments[i]} in
                "") COMPREPLY+=("${names[i]} ") ;;
                \[*) COMPREPLY+=("${names[i]} " "${names[i]}=") ;;
                *) COMPREPLY+=("${names[i]}=") ;;
                esac
            fi
        done
        compopt -o nospace 2>/dev/null || true
    else
        _imgbench_of_argument "$operands" "$cur"
    fi
}

complete -F _imgbench imgbench
