#!/bin/sh
# manual.sh PAGE PROGRAM [COMMAND]: writes the man page PAGE, DIRECTORY/NAME.1, of what
# PROGRAM [COMMAND] --help prints. SEE_ALSO names the programs that it points to.
set -eu
here=$(dirname "$0")
page=$1
shift
name=$(basename "$page" .1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$@" --version | sed "s/^[^ ]*/$name/" >"$work/version"
"$@" --help >"$work/plain"
awk -v examples="$work/include" -f "$here/manual.awk" "$work/plain" >"$work/help"
# The line below the usage says what it is for, up to its first full stop or colon.
what=$(sed -e '/^Usage:/d' -e '/^ *or:/d' -e '/^$/q' "$work/plain" | tr '\n' ' ' |
    sed -e 's/^ *//' -e 's/[.:] .*//' -e 's/[.:]*$//' -e 's/^\(.\)/\L\1/')

# help2man asks a program of the page's name.
cat >"$work/$name" <<END
#!/bin/sh
exec cat "$work/\${1#--}"
END
chmod +x "$work/$name"
{
    echo '[SEE ALSO]'
    for other in $SEE_ALSO; do
        [ "$other" = "$name" ] || echo "$other(1)"
    done | sed -e 's/^\([^(]*\)/.BR \1 /' -e '$!s/$/,/'
} >>"$work/include"
help2man --no-info --section=1 --manual='Pulse retrodiction training' --name="$what" \
    --include="$work/include" --output="$page.new" "$work/$name"
mv "$page.new" "$page"
