# The newest version of CHANGELOG.md as a Debian changelog: its heading "## VERSION" is the entry, each point "- ..." one
# of its. Entries are dated, each later than the one before, and the file has no date but its own: older ones stay out.
# Variables: package, contact ("Name <address>"), date (as in RFC 5322).

function flush_point(    n, words, i, line) {
    n = split(point, words, " ")
    line = "  *"
    for (i = 1; i <= n; i++) {
        if (length(line) + length(words[i]) > 77) {
            print line
            line = "   "
        }
        line = line " " words[i]
    }
    if (n > 0)
        print line
    point = ""
}

/^## / {
    if (version != "")
        exit
    version = $2
    printf "%s (%s) unstable; urgency=medium\n\n", package, version
    next
}
/^#/ || /^$/ {
    flush_point()
    next
}
/^- / {
    flush_point()
    point = substr($0, 3)
    next
}
/^  / {
    if (point != "")
        point = point " " $0
}
END {
    flush_point()
    printf "\n -- %s  %s\n", contact, date
}
