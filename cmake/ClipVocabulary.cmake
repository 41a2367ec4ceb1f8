# The CLIP merge table, embedded as it was published (gzip).
#
# embed_clip_vocabulary(target) adds two symbols to a target: kClipVocabularyBegin and
# kClipVocabularyEnd, the first byte of the file and the one past its last.
set(CLIP_VOCABULARY_FILE ${CMAKE_SOURCE_DIR}/build/vocabulary/bpe_simple_vocab_16e6.txt.gz)
set(CLIP_VOCABULARY_SHA256 924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a)

function(embed_clip_vocabulary target)
    if(NOT EXISTS ${CLIP_VOCABULARY_FILE})
        message(FATAL_ERROR "the CLIP merge table is missing: run tools/fetch_clip_vocabulary "
            "(it should be at ${CLIP_VOCABULARY_FILE})")
    endif()
    file(SHA256 ${CLIP_VOCABULARY_FILE} checksum)
    if(NOT checksum STREQUAL CLIP_VOCABULARY_SHA256)
        message(FATAL_ERROR "the CLIP merge table has another checksum: delete "
            "${CLIP_VOCABULARY_FILE} and run tools/fetch_clip_vocabulary")
    endif()
    set(source ${CMAKE_CURRENT_BINARY_DIR}/clip_vocabulary.S)
    file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[
    .section .rodata
    .global kClipVocabularyBegin
    .global kClipVocabularyEnd
    .balign 16
kClipVocabularyBegin:
    .incbin "@CLIP_VOCABULARY_FILE@"
kClipVocabularyEnd:
    .byte 0
    .section .note.GNU-stack,"",%progbits
]])
    # The project's warnings are for C and C++; an assembler source accepts none of them.
    set_source_files_properties(${source} PROPERTIES
        OBJECT_DEPENDS ${CLIP_VOCABULARY_FILE} COMPILE_OPTIONS -w)
    target_sources(${target} PRIVATE ${source})
endfunction()
