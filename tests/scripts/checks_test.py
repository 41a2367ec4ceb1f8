#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The checks of tools/ find what they are for, and nothing in what is right."""

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

COROUTINES = """
Task<void> examples() {
    auto a = co_await f(Agg{1, 2});               // line 3: braces
    auto b = co_await f(1) + co_await g();        // line 4: two
    T t{co_await g()};                            // line 5: braces
    co_await run([x = 1] { return x; });          // line 6: copying lambda
    y = co_await h() + f(Agg{1});                 // line 7: braces
    if (auto r = co_await f({1}); r) {            // line 8: braces
        co_await ok();
    }
    auto l = [this]() -> Task<void> { co_await z(); };  // line 11: captures
    co_await x.
        send(Message{.a = 1});                    // line 12: braces
    while (co_await next()) { auto v = Agg{1}; }
    co_await run([&] { Agg v{1}; return v; });
    auto m = []() -> Task<void> { co_await z(); };
    for (const auto& item : list) { co_await item.f(); }
    const Agg named{1, 2};
    co_await f(named);
    DARKROOM_TRY_ASSIGN(auto q, co_await f(x));
    switch (k) { case 1: { co_await f(); break; } default: co_await g(); }
    std::string s = "co_await { co_await";
    co_return Agg{1};
}
struct S { int n = 0; S() : n{1} {} [[nodiscard]] Task<int> f() const { co_await g(); } };
void start() { asio::co_spawn(executor, run(), detached); }  // line 26: co_spawn
"""

CLEAN = {
    "src/base/error.h": "#include <string>\n",
    "src/base/error.cpp": '#include "base/error.h"\n#include <fmt/format.h>\n',
    "src/base/CMakeLists.txt": "add_module(base HEADERS error.h SOURCES error.cpp)\n",
    "src/json/json.h": '#include "base/error.h"\n',
    "src/json/json.cpp": '#include "json/json.h"\n#include <nlohmann/json.hpp>\n',
    "src/json/json_test.cpp": '#include <gtest/gtest.h>\n#include "engine/ops/ops.h"\n',
    "src/json/CMakeLists.txt":
        "add_module(json HEADERS json.h SOURCES json.cpp TESTS json_test.cpp)\n",
    "src/engine/ops/ops.h": '#include "base/error.h"\n',
    "src/engine/ops/CMakeLists.txt": "add_module(engine/ops HEADERS ops.h)\n",
    "src/http/server.h": '#include "base/error.h"\n',
    "src/http/CMakeLists.txt": "add_module(http HEADERS server.h)\n",
    "tests/golden/a_test.cpp": '#include <gtest/gtest.h>\n#include "json/json.h"\n',
    "tests/golden/CMakeLists.txt": "add_module_test(golden SOURCES a_test.cpp)\n",
    "apps/darkroom/main.cpp": '#include <CLI/CLI.hpp>\n',
    "apps/darkroom/CMakeLists.txt": "add_executable(darkroom main.cpp)\n",
    "build/release/modules.txt":
        "src/base::\nsrc/json:base:engine/ops\nsrc/engine/ops:base:\nsrc/http:base:\n"
        "tests/golden:base json:\n",
}


class CheckCoroutines(unittest.TestCase):
    def test_finds_what_gcc_miscompiles_and_nothing_else(self):
        with tempfile.NamedTemporaryFile("w", suffix=".cpp") as file:
            file.write(COROUTINES)
            file.flush()
            result = subprocess.run(
                [ROOT / "tools/check_coroutines", file.name],
                capture_output=True, text=True, check=False)
        lines = [int(line.split(":")[1]) for line in result.stdout.splitlines()]
        self.assertEqual(lines, [3, 4, 5, 6, 7, 8, 11, 12, 26])
        self.assertNotEqual(result.returncode, 0)


class CheckTree(unittest.TestCase):
    """Runs a check on a small tree of its own."""

    def setUp(self):
        self.tree = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.tree)
        for path, text in CLEAN.items():
            self.write(path, text)

    def write(self, path, text):
        (self.tree / path).parent.mkdir(parents=True, exist_ok=True)
        (self.tree / path).write_text(text)

    def append(self, path, text):
        self.write(path, (self.tree / path).read_text() + text)

    def check(self, tool):
        (self.tree / "tools").mkdir(exist_ok=True)
        shutil.copy(ROOT / "tools" / tool, self.tree / "tools" / tool)
        result = subprocess.run(
            [self.tree / "tools" / tool], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode != 0, bool(result.stderr), result.stderr)
        return result.stdout.splitlines() if result.returncode else []

    def assert_found(self, problem):
        self.assertEqual(self.check("check_layers"), [problem])


class CheckLayers(CheckTree):
    def test_is_silent_on_a_right_tree(self):
        self.assertEqual(self.check("check_layers"), [])

    def test_finds_an_undeclared_dependency(self):
        self.append("src/engine/ops/ops.h", '#include "json/json.h"\n')
        self.assert_found("src/engine/ops/ops.h:2: engine/ops may not include json/json.h")

    def test_gives_what_tests_may_include_to_tests_only(self):
        self.append("src/json/json.cpp", '#include "engine/ops/ops.h"\n')
        self.assert_found("src/json/json.cpp:3: json may not include engine/ops/ops.h")

    def test_holds_tests_to_their_lists(self):
        self.append("tests/golden/a_test.cpp", '#include "http/server.h"\n')
        self.assert_found(
            "tests/golden/a_test.cpp:3: tests/golden may not include http/server.h")

    def test_keeps_the_towers_apart(self):
        modules = (self.tree / "build/release/modules.txt").read_text()
        self.write(
            "build/release/modules.txt",
            modules.replace("src/engine/ops:base:", "src/engine/ops:base http:"))
        self.assert_found(
            "src/engine/ops/CMakeLists.txt: the engine tower may not depend on http")

    def test_gives_a_library_to_one_module(self):
        self.append("src/http/server.h", "#include <nlohmann/json.hpp>\n")
        self.assert_found("src/http/server.h:2: http may not include nlohmann/json.hpp")

    def test_keeps_a_library_out_of_what_others_include(self):
        self.append("src/json/json.h", "#include <nlohmann/json.hpp>\n")
        self.assert_found(
            "tests/golden/a_test.cpp:2: tests/golden may not include, because it shows a "
            "third-party header, json/json.h")

    def test_finds_an_unlisted_source(self):
        self.write("src/json/more.cpp", "")
        self.assert_found("src/json/more.cpp:1: is named in no CMakeLists.txt")

    def test_finds_a_listed_source_that_is_not_there(self):
        (self.tree / "src/json/json.cpp").unlink()
        self.assert_found(
            "src/json/CMakeLists.txt: names src/json/json.cpp, which does not exist")

    def test_keeps_test_frameworks_in_tests(self):
        self.append("src/base/error.cpp", "#include <gtest/gtest.h>\n")
        self.assert_found("src/base/error.cpp:3: only tests include gtest/gtest.h")


class CheckSizes(CheckTree):
    def test_allows_500_lines_and_no_more(self):
        self.write("src/base/error.cpp", "\n" * 500)
        self.assertEqual(self.check("check_sizes"), [])
        self.write("src/base/error.cpp", "\n" * 501)
        self.assertEqual(
            self.check("check_sizes"), ["src/base/error.cpp: 501 lines, the limit is 500"])


if __name__ == "__main__":
    unittest.main()
