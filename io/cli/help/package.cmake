# What a Debian package has beyond what is installed: changelog and copyright, and pages that are compressed. cpack runs
# this before it packs what lies in the staging directory.
file(GLOB_RECURSE pages ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*.1)
list(GET CPACK_BUILD_SOURCE_DIRS 0 source)
set(doc ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/doc/${CPACK_PACKAGE_NAME})
file(MAKE_DIRECTORY ${doc})

execute_process(COMMAND date -R -u -r ${source}/CHANGELOG.md OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE)
execute_process(COMMAND date -u -r ${source}/CHANGELOG.md +%Y OUTPUT_VARIABLE year OUTPUT_STRIP_TRAILING_WHITESPACE)
execute_process(
  COMMAND awk -v package=${CPACK_PACKAGE_NAME} "-vcontact=${CPACK_PACKAGE_CONTACT}" "-vdate=${date}"
          -f ${CMAKE_CURRENT_LIST_DIR}/changelog.awk ${source}/CHANGELOG.md
  OUTPUT_FILE ${doc}/changelog COMMAND_ERROR_IS_FATAL ANY)
file(WRITE ${doc}/copyright "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: ${CPACK_PACKAGE_NAME}

Files: *
Copyright: ${year} ${CPACK_PACKAGE_CONTACT}
License: none-stated
 The sources state no license.
")
execute_process(COMMAND gzip -9nf ${doc}/changelog ${pages} COMMAND_ERROR_IS_FATAL ANY)
