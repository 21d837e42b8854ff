# CHANGELOG.md as a Debian changelog: a heading "## VERSION" is an entry, each of its points "- ..." one of its.
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

function end_entry() {
    flush_point()
    if (version != "")
        printf "\n -- %s  %s\n\n", contact, date
}

/^## / {
    end_entry()
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
    end_entry()
}
