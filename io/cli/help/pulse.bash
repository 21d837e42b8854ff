# bash completion of pulse-train, pulse-data, pulse-report, pulse-evaluate, pulse-tune, pulse-submit, pulse-status, pulse-flow
# and pulse-node. Options are those that the program's own --help lists, so that none is missing; words for their values
# are listed here.

# Words that may follow an option; fails for options whose values are no words of a list.
_pulse_words() {
    case $1 in
        --by) echo year variable horizon ;;
        --calendar) echo auto on off ;;
        --combine) echo average select ;;
        --compression) echo zstd snappy none ;;
        --days) echo any weekdays all ;;
        --decimal) echo point comma ;;
        --delimiter) echo comma semicolon tab pipe space ;;
        --duplicates) echo last first ;;
        --encoding) echo utf-8 windows-1252 latin-1 ;;
        --format) echo csv h5 dir dir-h5 ;;
        --history) echo expanding rolling: halflife: ;;
        --interval) echo adaptive gaussian ;;
        --job-status) echo RUNNING STARTING RUNNABLE PENDING SUBMITTED FAILED SUCCEEDED ;;
        --log-level) echo debug info warning error ;;
        --mode) echo auto single multi ;;
        --thousands) echo point comma space apostrophe ;;
        --time-unit) echo s ms us ns ;;
        --transform) echo level diff logdiff ;;
        --trust) echo direction persistence ;;
        *) return 1 ;;
    esac
}

# Of --help on standard input: "option argument" a line, argument empty where there is none.
_pulse_options() {
    sed -nE -e 's/^ {2,6}(-[^-], )?(--[a-z0-9-]+)(\[?=([^] ]+)\]?)?( .*)?$/\2 \4/p' \
        -e 's/^ {2}(-[A-Za-z0-9])( ([A-Z]+))?  .*$/\1 \3/p'
}

# Of --help on standard input: the commands of a program that has some.
_pulse_commands() {
    sed -nE -e '/^Commands:/,/^$/s/^ {2}([a-z]+) .*/\1/p'
}

# The option that the word in hand belongs to.
_pulse_last_option() {
    local i
    for ((i = COMP_CWORD - 1; i > 0; i--)); do
        if [[ ${COMP_WORDS[i]} == -* ]]; then
            echo "${COMP_WORDS[i]}"
            return
        fi
    done
}

# The variables of what --data names, if it is found in time.
_pulse_variables() {
    local i data=''
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} != --data && ${COMP_WORDS[i]} != -d ]] || data=${COMP_WORDS[i + 1]}
        [[ $data != = ]] || data=${COMP_WORDS[i + 2]}
    done
    [[ -z $data ]] || timeout 3 "${1%pulse-*}pulse-data" info "$data" --json 2>/dev/null |
        sed -nE 's/^ *"name": "([^"\\ ]+)",?$/\1/p'
}

_pulse() {
    local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local help commands command='' word options argument
    COMPREPLY=()
    # bash takes --option=value apart at the sign.
    if [[ $current == = ]]; then
        current=
    elif [[ $before == = && $COMP_CWORD -ge 2 ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi

    help=$(COLUMNS=80 "$program" --help 2>/dev/null) || return
    commands=$(_pulse_commands <<<"$help")
    [[ $program != *pulse-status ]] || commands=list
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        if [[ -n $word && " ${commands//$'\n'/ } " == *" $word "* ]]; then
            command=$word
            help=$(COLUMNS=80 "$program" "$command" --help 2>/dev/null) || return
            break
        fi
    done
    options=$(_pulse_options <<<"$help")
    # These hand on whatever is pulse-train's.
    case $program in
        *pulse-submit | *pulse-node)
            options=$(printf '%s\n' "$options" && COLUMNS=80 "${program%pulse-*}pulse-train" --help 2>/dev/null | _pulse_options)
            options=$(sort -u <<<"$options")
            ;;
    esac

    # Names of variables, after all of them that were said.
    case $(_pulse_last_option) in
        --variables | --targets)
            if [[ $current != -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$(_pulse_variables "$program")" -- "$current")
                return
            fi
            ;;
    esac

    if [[ $before == --* ]]; then
        if word=$(_pulse_words "$before"); then
            mapfile -t COMPREPLY < <(compgen -W "$word" -- "$current")
            # A number follows rolling: and halflife:.
            [[ ${COMPREPLY[*]} != *: ]] || compopt -o nospace 2>/dev/null
            return
        fi
        argument=$(sed -n "s/^$before //p" <<<"$options")
        case $argument in
            '') ;; # no value, or no such option: go on
            *FILE* | *PATH* | *DIR* | *URI*) return ;; # files, which bash offers by itself
            *)
                compopt +o default +o bashdefault 2>/dev/null
                return
                ;;
        esac
    fi
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(cut -d ' ' -f 1 <<<"$options")" -- "$current")
    elif [[ -n $commands && -z $command ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
    fi
}

complete -o bashdefault -o default -F _pulse pulse-train pulse-data pulse-report pulse-evaluate pulse-tune pulse-submit pulse-status pulse-flow pulse-node
