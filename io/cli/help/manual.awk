# What argp prints for --help, in the shape that help2man makes a good page of: sections for options,
# commands and exit codes, groups of options as their subsections. Examples, which are to be pasted as they
# stand, go to the file `examples` as lines of roff.

function section(name) {
    part = name
    print "\n*" name "*\n"
}

# Before the first option: usage and what the program does.
part == "" && /^ ([^ ]|  *-)/ { section("Options") }

# What every program has stands apart from the last group.
part == "Options" && /^ +(-[?h], )?--help/ && grouped { print "Help:" }

# A group's heading is indented by one blank; it may be of several lines.
part == "Options" && /^ [^ ]/ {
    sub(/^ /, "")
    heading = heading == "" ? $0 : heading " " $0
    next
}
heading != "" {
    sub(/:$/, "", heading)
    print heading ":"
    heading = ""
    grouped = 1
}

# Two blanks separate an option from its text, also where argp had no space for them.
part == "Options" && match($0, /^ +(-., )?--[a-z0-9-]+(\[?=[^ ]+)? [^ ]/) {
    print substr($0, 1, RLENGTH - 1) "  " substr($0, RLENGTH)
    next
}

/^Mandatory or optional arguments/ { skipping = 1 }
skipping {
    skipping = $0 != ""
    next
}

/^Commands:$/ { section("Commands"); next }
/^Exit codes:/ {
    section("Exit status")
    sub(/^Exit codes: */, "")
    print
    next
}
/^Examples:$/ {
    part = "Examples"
    print "[EXAMPLES]\n.EX" > examples
    next
}

# Every character as it is: no quotes for apostrophes, no hyphens for dashes, no line filled or broken.
part == "Examples" && /^  / {
    sub(/^  /, "")
    gsub(/\\/, "\\e")
    gsub(/-/, "\\-")
    gsub(/'/, "\\(aq")
    gsub(/`/, "\\(ga")
    gsub(/~/, "\\(ti")
    gsub(/\^/, "\\(ha")
    print "\\&" $0 > examples
    written = 1
    next
}
END { if (written) print ".EE\n" > examples }

part == "Options" && /^[^ ]/ { section("Notes") }
part == "Examples" && /^[^ ]/ { section("Notes") }
{ print }
