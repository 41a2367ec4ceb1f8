# add_module(storage/sqlite
#   HEADERS   task_store.h
#   SOURCES   task_store.cpp
#   TESTS     task_store_test.cpp
#   DEPS      base storage domain        modules this one may include
#   EXTERNAL  SQLite::SQLite3            third-party targets, private to this module
#   TEST_DEPS engine/reference           modules only the tests may include
#   TEST_LABELS slow)                    extra ctest labels
#
# One static library per folder. A dependency must be declared earlier in src/CMakeLists.txt, so a
# cycle cannot be written; tools/check_layers checks every #include against the DEPS lists.
set_property(GLOBAL PROPERTY DARKROOM_MODULES "")

function(module_target out name)
    string(REPLACE "/" "_" target "darkroom_${name}")
    set(${out} ${target} PARENT_SCOPE)
endfunction()

function(add_module name)
    cmake_parse_arguments(M "" "" "HEADERS;SOURCES;TESTS;DEPS;EXTERNAL;TEST_DEPS;TEST_LABELS" ${ARGN})
    module_target(target ${name})
    set(kind PUBLIC)
    if(M_SOURCES)
        add_library(${target} STATIC ${M_SOURCES} ${M_HEADERS})
    else()
        add_library(${target} INTERFACE)
        set(kind INTERFACE)
    endif()
    target_include_directories(${target} ${kind} ${CMAKE_SOURCE_DIR}/src)
    foreach(dep ${M_DEPS})
        module_target(dep_target ${dep})
        if(NOT TARGET ${dep_target})
            message(FATAL_ERROR "module ${name} depends on ${dep}, which is not declared before it")
        endif()
        target_link_libraries(${target} ${kind} ${dep_target})
    endforeach()
    if(M_EXTERNAL AND M_SOURCES)
        target_link_libraries(${target} PRIVATE ${M_EXTERNAL})
    endif()
    register_includes("src/${name}" "${M_DEPS}" "${M_TEST_DEPS}")
    if(M_TESTS AND DARKROOM_TESTS)
        add_module_test(${name} SOURCES ${M_TESTS} DEPS ${name} ${M_TEST_DEPS}
            EXTERNAL ${M_EXTERNAL} LABELS unit ${name} ${M_TEST_LABELS})
    endif()
endfunction()

# add_module_test(NAME SOURCES ... DEPS modules... EXTERNAL targets... LABELS ... [TIMEOUT s])
# A gtest binary whose cases are registered with ctest one by one.
function(add_module_test name)
    cmake_parse_arguments(T "SINGLE" "TIMEOUT" "SOURCES;DEPS;EXTERNAL;LABELS" ${ARGN})
    string(REPLACE "/" "_" target "test_${name}")
    add_executable(${target} ${T_SOURCES})
    target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests)
    foreach(dep ${T_DEPS})
        module_target(dep_target ${dep})
        target_link_libraries(${target} PRIVATE ${dep_target})
    endforeach()
    target_link_libraries(${target} PRIVATE ${T_EXTERNAL} GTest::gtest GTest::gmock GTest::gtest_main)
    target_compile_definitions(${target} PRIVATE
        DARKROOM_SOURCE_DIR="${CMAKE_SOURCE_DIR}" DARKROOM_BINARY="$<TARGET_FILE_DIR:${target}>/../darkroom")
    file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
    if(folder MATCHES "^tests/")
        register_includes(${folder} "${T_DEPS}" "")
    endif()
    if(NOT T_TIMEOUT)
        set(T_TIMEOUT 600)
    endif()
    if(T_SINGLE)
        # One process for the whole binary: cases that share an expensive fixture.
        add_test(NAME ${name} COMMAND ${target})
        set_tests_properties(${name} PROPERTIES LABELS "${T_LABELS}" TIMEOUT ${T_TIMEOUT})
    else()
        gtest_discover_tests(${target} TEST_PREFIX "${name}: " DISCOVERY_TIMEOUT 60
            TEST_LIST ${target}_cases)
        # Its PROPERTIES would flatten the list of labels, so they are set once the cases are known.
        set(properties ${CMAKE_CURRENT_BINARY_DIR}/${target}_properties.cmake)
        file(WRITE ${properties}
            "foreach(case IN LISTS ${target}_cases)\n"
            "  set_tests_properties(\"\${case}\" PROPERTIES LABELS \"${T_LABELS}\" TIMEOUT ${T_TIMEOUT})\n"
            "endforeach()\n")
        set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${properties})
    endif()
endfunction()

# One line per folder, "folder:modules it may include:modules only its tests may include".
function(register_includes folder deps test_deps)
    list(JOIN deps " " deps)
    list(JOIN test_deps " " test_deps)
    set_property(GLOBAL APPEND PROPERTY DARKROOM_MODULES "${folder}:${deps}:${test_deps}")
endfunction()

function(write_module_list file)
    get_property(modules GLOBAL PROPERTY DARKROOM_MODULES)
    list(JOIN modules "\n" text)
    file(WRITE ${file} "${text}\n")
endfunction()
