#compdef pulse-train pulse-data pulse-report pulse-evaluate pulse-tune pulse-submit pulse-status pulse-flow pulse-node
# zsh completion: what bash's offers, or files.
local program=${commands[${words[1]}]:-${words[1]}}
local bash=${program:A:h}/../share/bash-completion/completions/${program:t}
local -a offers
offers=(${(f)"$(bash -c '
    complete() { :; }
    compopt() { :; }
    source "$1" && shift && COMP_WORDS=("$@") && COMP_CWORD=$(($# - 1)) && _pulse
    printf "%s\n" "${COMPREPLY[@]}"' bash "$bash" "$program" "${(@)words[2,CURRENT]}" 2>/dev/null)"})
if (($#offers)); then
    compadd -- $offers
else
    _files
fi
