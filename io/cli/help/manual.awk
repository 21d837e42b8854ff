# What argp prints for --help, in the shape that help2man makes a good page of: sections for options,
# commands, examples and exit codes, groups of options as their subsections, examples line by line.

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
    print ""
    print
    next
}

# A command over several lines becomes one.
part == "Examples" && /^  / {
    line = continued ? line : "  $"
    sub(/^ +/, "")
    continued = sub(/ *\\$/, "")
    line = line " " $0
    if (!continued)
        print line
    next
}

part == "Options" && /^[^ ]/ { section("Notes") }
part == "Examples" && /^[^ ]/ { section("Notes") }
{ print }
