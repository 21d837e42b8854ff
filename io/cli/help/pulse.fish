# fish completion: what bash's offers, or files.
function __pulse_offers
    set -l words (commandline -opc) (commandline -ct)
    set -l program (command -s $words[1]; or echo $words[1])
    set -l file (dirname (realpath $program))/../share/bash-completion/completions/(basename $program)
    bash -c '
        complete() { :; }
        compopt() { :; }
        source "$1" && shift && COMP_WORDS=("$@") && COMP_CWORD=$(($# - 1)) && _pulse
        printf "%s\n" "${COMPREPLY[@]}"' bash $file $program $words[2..-1] 2>/dev/null
end
for program in pulse-train pulse-data pulse-report pulse-evaluate pulse-tune pulse-submit pulse-status pulse-flow pulse-node
    complete -c $program -a '(__pulse_offers)'
end
