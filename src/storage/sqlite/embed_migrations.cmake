# cmake -DOUTPUT=file.cpp -DFOLDER=dir -DNAMES="0001_a 0002_b" -P embed_migrations.cmake
# Writes the migration scripts as string literals, in the order of NAMES.
separate_arguments(NAMES)
set(text "// Made from src/storage/migrations/sqlite by embed_migrations.cmake.\n")
string(APPEND text "#include \"storage/sqlite/migrations.h\"\n\n")
string(APPEND text "namespace darkroom::storage {\n\n")
string(APPEND text "std::vector<Migration> migrations() {\n    return {\n")
foreach(name ${NAMES})
    file(READ "${FOLDER}/${name}.sql" sql)
    string(APPEND text "        {\"${name}\", R\"sql(${sql})sql\"},\n")
endforeach()
string(APPEND text "    };\n}\n\n}  // namespace darkroom::storage\n")
file(WRITE "${OUTPUT}" "${text}")
