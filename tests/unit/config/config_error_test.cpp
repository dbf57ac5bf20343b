// SPDX-License-Identifier: MIT
// Each mistake in the YAML configuration is answered with its place, what it is, and what was
// expected; and hostile text ends soon, in an error.
#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <vector>

#include "config/load_yaml.h"
#include "error.h"

namespace czb {
namespace {

std::string error_of(const std::string& text) {
  try {
    load_yaml_text(text, "c.yaml", "zippy");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "none";
}

// The message for a job "j" with these lines in it, each already indented by four.
std::string error_in_job(const std::string& lines) { return error_of("jobs:\n  j:\n" + lines); }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(ConfigErrorTest, SeveralMistakesAreToldAtOnceInTheOrderOfTheFile) {
  const std::string text = error_of(
      "jobs:\n"
      "  a:\n"
      "    retention: {plugin: GFS}\n"
      "    dataset: tank//x\n"
      "    targets:\n"
      "      t: {retries: many, mirror: exakt, buffer: 1x}\n"
      "      T: {}\n"
      "  b: {recursiv: false}\n"
      "  c: 7\n");
  std::vector<std::string> places;
  for (std::size_t begin = 0; begin != std::string::npos; begin = text.find('\n', begin + 1))
    places.push_back(text.substr(begin + (begin == 0 ? 0 : 1), 11));
  EXPECT_EQ(places, (std::vector<std::string>{"c.yaml:3:25", "c.yaml:4:14", "c.yaml:6:20", "c.yaml:6:34", "c.yaml:6:49",
                                              "c.yaml:7:7:", "c.yaml:8:7:", "c.yaml:9:6:"}))
      << text;
}

TEST(ConfigErrorTest, WhatOnlyFollowsFromAMistakeIsNotTold) {
  // The dataset seems to be absent, the targets to be one place, and neither is what is meant.
  EXPECT_EQ(error_of("jobs:\n  j:\n    targets: {a: {datset: x/a}, b: {datset: x/b}}\n").find("same place"),
            std::string::npos);
  const std::string typo = error_in_job("    targets: {t: {miror: exact, on-source-gone: destroy}}\n");
  EXPECT_FALSE(contains(typo, "destroy needs")) << typo;
  const std::string twice =
      error_of("jobs:\n  j: {dataset: a/b, targets: {t: &t {datset: x/a, transport: local}, u: *t}}\n");
  EXPECT_FALSE(contains(twice, "same place")) << twice;
}

TEST(ConfigErrorTest, NoMoreMistakesAreToldThanAScreenHolds) {
  std::string text = "jobs:\n";
  for (int i = 0; i < 100; ++i) text += "  j" + std::to_string(i) + ": {x: 1}\n";
  EXPECT_TRUE(contains(error_of(text), "\nand 80 more"));
}

TEST(ConfigErrorTest, AnUnknownKeyIsNamedWithItsPlaceAndWhatThereIs) {
  EXPECT_EQ(error_in_job("    datset: tank\n"),
            "c.yaml:3:5: unknown key 'datset' in job 'j'; did you mean 'dataset'?; known keys: dataset, transport, "
            "command-timeout, actions, recursive, exclude, destroy-limit, naming, retention, targets");
  EXPECT_EQ(error_of("job: {}"),
            "c.yaml:1:1: unknown key 'job' in the configuration; did you mean 'jobs'?; known keys: jobs");
  EXPECT_EQ(error_in_job("    targets:\n      t: {whatever: 1}\n"),
            "c.yaml:4:11: unknown key 'whatever' in target 't' of job 'j'; known keys: dataset, transport, mirror, "
            "initial, destroy-limit, properties, on-divergence, on-source-gone, at-rest, parallel, retries, "
            "retry-pause, idle-timeout, command-timeout, bandwidth-limit, buffer");
}

TEST(ConfigErrorTest, WhatEncryptsAtTheTargetIsSaidInOneWay) {
  const std::string value = error_in_job("    targets:\n      t: {properties: {encryption: aes-256-gcm}}\n");
  EXPECT_TRUE(contains(value, "c.yaml:4:24: ")) << value;
  EXPECT_TRUE(contains(value, "a receive cannot encrypt by itself. 'at-rest: encrypt'")) << value;
  const std::string both = error_in_job("    targets:\n      t: {at-rest: as-sent, properties: {encryption: ~}}\n");
  EXPECT_TRUE(contains(both, "'encryption: ~' is 'at-rest: encrypt', and 'at-rest' says as-sent")) << both;
}

TEST(ConfigErrorTest, ADuplicateKeyIsRefused) {
  EXPECT_EQ(error_in_job("    dataset: a\n    dataset: b\n"),
            "c.yaml:4:5: duplicate key 'dataset'; it was first given in line 3");
  EXPECT_TRUE(contains(error_of("jobs: {a: {}, \"a\": {}}"), "duplicate key 'a'"));
  EXPECT_TRUE(contains(error_in_job("    naming: {plugin: x, o: 1, o: 1}\n"), "duplicate key 'o'"));
}

TEST(ConfigErrorTest, AWrongTypeIsToldWithWhatWasExpected) {
  EXPECT_EQ(error_in_job("    dataset: [a]\n"),
            "c.yaml:3:14: 'dataset' of job 'j': expected a dataset name such as tank/home, found a list");
  EXPECT_EQ(error_in_job("    dataset:\n"),
            "c.yaml:3:5: 'dataset' of job 'j': expected a dataset name such as tank/home, found nothing");
  EXPECT_EQ(error_of("jobs: [a]"), "c.yaml:1:7: 'jobs': expected a map of keys and values, found a list");
  EXPECT_EQ(error_of("jobs: {j: x}"), "c.yaml:1:11: job 'j': expected a map of keys and values, found 'x'");
  EXPECT_EQ(error_of("jobs: {j: }"),
            "c.yaml:1:8: job 'j': expected a map of keys and values, found nothing; an empty map is written {}");
  EXPECT_EQ(error_in_job("    naming: [x]\n"),
            "c.yaml:3:13: 'naming' of job 'j': expected a plugin's name, or a map with 'plugin' and its options, found "
            "a list");
  EXPECT_EQ(error_in_job("    naming: {plugin: [x]}\n"),
            "c.yaml:3:22: 'plugin' in 'naming' of job 'j': expected a plugin's name (lower-case letters, digits and "
            "'-'), found a list");
  EXPECT_EQ(error_in_job("    naming: {a: {b: c}}\n"),
            "c.yaml:3:17: option 'a' in 'naming' of job 'j': expected a value or a list of values, found a map");
  EXPECT_EQ(error_in_job("    naming: {a: [[b]]}\n"),
            "c.yaml:3:18: option 'a' in 'naming' of job 'j': expected a list of words, found a list");
  EXPECT_EQ(error_in_job("    targets: {t: {properties: {readonly: [on]}}}\n"),
            "c.yaml:3:42: property 'readonly' of target 't' of job 'j': expected a value, or ~ for the parent's, found "
            "a list");
  EXPECT_EQ(error_of("just words"),
            "c.yaml:1:1: the configuration: expected a map of keys and values, found 'just words'");
  EXPECT_EQ(error_in_job("    ? [a]\n    : b\n"), "c.yaml:3:7: expected a key, a word before ':'");
}

TEST(ConfigErrorTest, AFileWithoutAJobIsRefused) {
  for (const std::string text : {"", "# nothing\n", "---\n", "~", "null\n"}) {
    EXPECT_TRUE(contains(error_of(text), "c.yaml: empty; a configuration has a map of jobs")) << text;
  }
  EXPECT_TRUE(contains(error_of("{}"), "the key 'jobs' is missing"));
  EXPECT_TRUE(contains(error_of("jobs: {}"), "there is no job"));
  EXPECT_TRUE(contains(error_of("jobs:\n"), "'jobs': expected a map of keys and values, found nothing"));
}

TEST(ConfigErrorTest, NamesAreChecked) {
  for (const std::string& name :
       std::vector<std::string>{"-j", ".j", "'j j'", "j/k", "é", "''", "_x", std::string(65, 'j')}) {
    EXPECT_TRUE(contains(error_of("jobs: {" + name + ": {}}"), "cannot be a job's name")) << name;
  }
  for (const std::string name : {"T", "-t", "t:u", "t@u", "'t t'"}) {
    EXPECT_TRUE(contains(error_of("jobs: {j: {targets: {" + name + ": {}}}}"), "cannot be a target's name")) << name;
  }
  EXPECT_EQ(error_in_job("    dataset: tank/a@b\n"),
            "c.yaml:3:14: 'dataset' of job 'j': 'tank/a@b' is not a dataset name: it has '@', and ZFS allows only "
            "letters, digits, '-', '_', '.', ':' and ' '");
  for (const std::string id : {"../x", "Gfs", "a.so", "''", "a b"}) {
    EXPECT_TRUE(contains(error_in_job("    naming: " + id + "\n"), "expected a plugin's name")) << id;
  }
  EXPECT_TRUE(contains(error_in_job("    targets: {t: {properties: {Readonly: on}}}\n"), "is not a property's name"));
}

TEST(ConfigErrorTest, AHostThatCannotNameADatasetNeedsOneWrittenDown) {
  try {
    load_yaml_text("jobs: {j: {}}", "c.yaml", "9box");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "c.yaml:1:11: job 'j' needs a 'dataset': the default, '9box/9box', is not a dataset name: a pool's "
                 "name begins with a letter");
  }
}

TEST(ConfigErrorTest, WordsAndNumbersAreChecked) {
  EXPECT_EQ(error_in_job("    targets: {t: {mirror: of}}\n"),
            "c.yaml:3:27: 'mirror' of target 't' of job 'j': expected one of exact, ours, off, found 'of'; did you "
            "mean 'off'?");
  EXPECT_TRUE(
      contains(error_in_job("    targets: {t: {initial: yes}}\n"), "expected one of refuse, full, found 'yes'"));
  for (const std::string limit : {"101", "-1", "25%%", "x", "'%'", "''", "25 %", "2.5", "99999999999", "[]"}) {
    EXPECT_TRUE(contains(error_in_job("    destroy-limit: " + limit + "\n"), "expected a percentage from 0 to 100"))
        << limit;
  }
}

// The message for a target "t" with this in it; the value begins in line 4, column 11 and the key's length and two.
std::string error_in_target(const std::string& line) { return error_in_job("    targets:\n      t: {" + line + "}\n"); }

TEST(ConfigErrorTest, ASelectionIsChecked) {
  EXPECT_EQ(error_in_job("    recursive: yes\n"),
            "c.yaml:3:16: 'recursive' of job 'j': expected one of true, false, found 'yes'");
  EXPECT_EQ(
      error_in_job("    exclude: cache\n"),
      "c.yaml:3:14: 'exclude' of job 'j': expected a list of patterns such as [cache, 'vm/*/tmp'], found 'cache'");
  EXPECT_EQ(error_in_job("    exclude: [a, [b]]\n"),
            "c.yaml:3:18: 'exclude' of job 'j': expected a pattern such as 'vm/*/tmp', found a list");
  for (const std::string pattern : {"''", "/a", "a/"})
    EXPECT_TRUE(contains(error_in_job("    exclude: [" + pattern + "]\n"), "c.yaml:3:15: 'exclude' of job 'j': "))
        << pattern;
  EXPECT_TRUE(contains(error_in_job("    exclude: [/a]\n"), "'/a' matches no dataset: patterns are relative"));
}

TEST(ConfigErrorTest, ActionsAreCheckedAndTargetsNeedAPush) {
  const std::string expected = "expected a list of snapshot, expire and push, such as [expire], found ";
  EXPECT_EQ(error_in_job("    actions: expire\n"), "c.yaml:3:14: 'actions' of job 'j': " + expected + "'expire'");
  EXPECT_EQ(error_in_job("    actions: [prune]\n"), "c.yaml:3:15: 'actions' of job 'j': " + expected + "'prune'");
  EXPECT_TRUE(contains(error_in_job("    actions: []\n"), "expected a list of snapshot"));
  EXPECT_TRUE(contains(error_in_job("    actions: [expire]\n    targets: {t: {}}\n"),
                       "job 'j' has targets, but no 'push' among its 'actions'"));
}

TEST(ConfigErrorTest, WordsOfATargetAreChecked) {
  EXPECT_EQ(error_in_target("on-divergence: rolback"),
            "c.yaml:4:26: 'on-divergence' of target 't' of job 'j': expected one of abort, rollback, found 'rolback'; "
            "did you mean 'rollback'?");
  EXPECT_TRUE(contains(error_in_target("on-source-gone: delete"), "expected one of keep, destroy, found 'delete'"));
  EXPECT_TRUE(contains(error_in_target("on-divergence: [abort]"), "c.yaml:4:26: "));
}

TEST(ConfigErrorTest, NumbersOfATargetAreInTheirRange) {
  EXPECT_EQ(error_in_target("parallel: 0"),
            "c.yaml:4:21: 'parallel' of target 't' of job 'j': expected a whole number from 1 to 64, and '0' is too "
            "small");
  EXPECT_TRUE(contains(error_in_target("parallel: 65"), "'65' is too large"));
  EXPECT_TRUE(contains(error_in_target("retries: 101"), "from 0 to 100, and '101' is too large"));
  EXPECT_TRUE(contains(error_in_target("retries: -1"), "c.yaml:4:20: 'retries'"));
  for (const std::string key :
       {"parallel", "retries", "retry-pause", "idle-timeout", "command-timeout", "bandwidth-limit", "buffer"})
    for (const std::string value : {"many", "[1]", "''", "1 x", "99999999999999999999"}) {
      const std::string place =
          "c.yaml:4:" + std::to_string(13 + key.size()) + ": '" + key + "' of target 't' of job 'j': ";
      EXPECT_TRUE(contains(error_in_target(key + ": " + value), place)) << key << ": " << value;
    }
  EXPECT_TRUE(contains(error_in_target("retry-pause: 366d"), "is too large"));
  EXPECT_TRUE(contains(error_in_target("buffer: 17G"), "is too large"));
  EXPECT_TRUE(contains(error_in_target("bandwidth-limit: 2097152G"), "too large"));
  EXPECT_TRUE(contains(error_in_job("    command-timeout: soon\n"), "c.yaml:3:22: 'command-timeout' of job 'j': "));
}

TEST(ConfigErrorTest, DatasetsThatAreGoneAreDestroyedOnlyWhereTheTargetMayLoseSnapshots) {
  EXPECT_EQ(
      error_in_target("mirror: ours, on-source-gone: destroy"),
      "c.yaml:4:41: 'on-source-gone' of target 't' of job 'j': destroy needs 'mirror: exact', which lets a target "
      "lose snapshots");
  EXPECT_EQ(error_in_target("mirror: ours, on-source-gone: keep"), "none");
  EXPECT_TRUE(contains(error_in_job("    recursive: false\n    targets:\n      t: {on-source-gone: destroy}\n"),
                       "c.yaml:5:7: target 't': 'on-source-gone: destroy' does not go with 'recursive: false'"));
}

TEST(ConfigErrorTest, ATargetInItsOwnTreeIsRefused) {
  const auto error = [](const std::string& dataset, const std::string& transport) {
    return error_in_job("    dataset: tank/home\n    targets:\n      t: {dataset: " + dataset +
                        ", transport: " + transport + "}\n");
  };
  for (const std::string own : {"tank/home", "tank/home/backup", "tank"}) {
    EXPECT_TRUE(contains(error(own, "local"), "c.yaml:5:7: target 't': '" + own + "' lies in the tree 'tank/home'"))
        << own;
    EXPECT_EQ(error(own, "ssh"), "none") << own;
  }
  for (const std::string other : {"tank/homes", "tank/backup", "vault"})
    EXPECT_EQ(error(other, "local"), "none") << other;
  EXPECT_TRUE(contains(error_in_job("    dataset: tank\n    transport: {plugin: ssh, destination: x}\n"
                                    "    targets: {t: {dataset: tank/b, transport: {destination: x}}}\n"),
                       "lies in the tree"));
}

TEST(ConfigErrorTest, TwoTargetsOfAJobInOnePlaceAreRefused) {
  EXPECT_TRUE(contains(
      error_in_job("    targets:\n      a: {transport: {destination: x}}\n      b: {transport: {destination: x}}\n"),
      "c.yaml:5:7: targets 'a' and 'b' of job 'j' are the same place"));
  EXPECT_EQ(error_in_job("    targets: {a: {}, b: {}}\n"), "none");
  EXPECT_EQ(error_of("jobs: {a: {targets: {t: {}}}, b: {targets: {t: {}}}}"), "none");
}

TEST(ConfigErrorTest, BrokenYamlIsToldWithLineAndColumn) {
  EXPECT_TRUE(contains(error_of("jobs:\n  j: {dataset: tank\n"), "c.yaml:3:1: not valid YAML: "));
  EXPECT_TRUE(contains(error_of("jobs:\n\tj: {}\n"), "c.yaml:2:3: not valid YAML: "));
  EXPECT_TRUE(contains(error_of("jobs:\n\tj: {}\n"), "indent with spaces, not with tabs"));
  EXPECT_TRUE(contains(error_of("jobs: *nobody\n"), "c.yaml:1:7: not valid YAML: "));
  for (const std::string text : {"jobs: 'x", "jobs: 'x\n", "jobs: \"x\n", "jobs: {j: {dataset: 'tank}}\n"}) {
    EXPECT_TRUE(contains(error_of(text), "not valid YAML: a quoted text does not end")) << text;
  }
}

TEST(ConfigErrorTest, YamlsRarerPartsAreRefused) {
  EXPECT_TRUE(
      contains(error_of("jobs: {a: {}}\n---\njobs: {b: {}}\n"), "c.yaml:2:1: a second YAML document begins here"));
  EXPECT_TRUE(contains(error_of("jobs: !!map {}"), "c.yaml:1:7: the tag '!!map'") ||
              contains(error_of("jobs: !!map {}"), "c.yaml:1:7: the tag 'tag:yaml.org,2002:map'"));
  EXPECT_TRUE(contains(error_of("jobs: {a: &a {}, b: {<<: *a}}"), "merge keys (<<) are not supported"));
  EXPECT_TRUE(contains(error_of("jobs: &a {b: *a}"), "this alias stands inside the value that it names"));
}

TEST(ConfigErrorTest, BytesThatAreNoTextAreRefused) {
  EXPECT_EQ(error_of(std::string("jobs:\n  a\0: {}\n", 15)),
            "c.yaml:2:4: the control character 0x00 is not allowed; a configuration is UTF-8 text");
  for (const std::string bytes : {"\xff\xfe", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    EXPECT_TRUE(contains(error_of("jobs: # " + bytes), "is not UTF-8")) << bytes;
  }
  EXPECT_TRUE(contains(error_of("jobs: # \x1b[31m"), "the control character 0x1b"));
  EXPECT_TRUE(contains(error_of("jobs: {\"a\\0b\": {}}"), "c.yaml:1:8: the control character 0x00"));
  EXPECT_TRUE(contains(error_of("jobs: {\"a\\x9bb\": {}}"), "the control character 0x9b"));
  EXPECT_TRUE(contains(error_of("jobs: {\"a\\rb\": {}}"), "the control character 0x0d"));
}

TEST(ConfigErrorTest, ALongOrOddKeyStaysReadableInTheMessage) {
  const std::string error = error_of("jobs: {j: {" + std::string(5000, 'x') + "\n: 1, \"a\\nb\": 2}}");
  EXPECT_LT(error.size(), 400U);
  EXPECT_TRUE(contains(error_of("jobs: {j: {\"a\\nb\": 2}}"), "unknown key 'a\\nb'"));
}

TEST(ConfigErrorTest, HostileNestingAndAliasesEndSoonInAnError) {
  const std::clock_t begin = std::clock();  // of this process alone, whatever else the machine does
  for (const std::string piece :
       {"[", "{", "- ", "? ", "{a: ", "[a, ", "&a ", "!a ", "*a ", "- ? ", "|\n ", "\"", "'", "%", "#"}) {
    std::string text;
    while (text.size() < 200'000) text += piece;
    EXPECT_NE(error_of(text), "none") << piece;
    EXPECT_NE(error_of("jobs: " + text), "none") << piece;
  }
  std::string bomb = "jobs:\n  l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 20; ++level) {
    const std::string below = "*l" + std::to_string(level - 1);
    bomb += "  l" + std::to_string(level) + ": &l" + std::to_string(level) + " [" + below;
    for (int i = 0; i < 9; ++i) bomb += ", " + below;
    bomb += "]\n";
  }
  EXPECT_TRUE(contains(error_of(bomb), "the aliases make the configuration too large"));
  EXPECT_TRUE(contains(error_of("jobs: " + std::string(40, '[') + std::string(40, ']')), "nested too deeply"));
  EXPECT_LT(std::clock() - begin, 60 * CLOCKS_PER_SEC);
}

TEST(ConfigErrorTest, AFileOfMoreThanOneMebibyteIsRefused) {
  EXPECT_TRUE(contains(error_of(std::string((1 << 20) + 1, '#')), "larger than 1 MiB"));
}

}  // namespace
}  // namespace czb
