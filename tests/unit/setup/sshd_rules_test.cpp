// SPDX-License-Identifier: MIT
// What sshd says to the receiver's user (setup/sshd_rules.h).
#include "setup/sshd_rules.h"

#include <gmock/gmock.h>

namespace czb::setup {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// As `sshd -T` prints it, with the snippet in effect.
const std::string strict =
    "port 22\n"
    "usepam yes\n"
    "pubkeyauthentication yes\n"
    "passwordauthentication no\n"
    "kbdinteractiveauthentication no\n"
    "x11forwarding no\n"
    "permittty no\n"
    "permituserrc no\n"
    "permituserenvironment no\n"
    "allowtcpforwarding no\n"
    "allowagentforwarding no\n"
    "allowstreamlocalforwarding no\n"
    "exposeauthinfo yes\n"
    "chrootdirectory none\n"
    "forcecommand none\n"
    "authorizedkeysfile .ssh/authorized_keys .ssh/authorized_keys2\n"
    "authenticationmethods publickey\n"
    "permittunnel no\n";

std::string with(const std::string& from, const std::string& to) {
  std::string text = strict;
  const std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::logic_error(from);
  return text.replace(at, from.size(), to);
}

SshdFindings judged(const std::string& effective) {
  return judge_sshd(effective, "czb", "/var/lib/czb", "/var/lib/czb/.ssh/authorized_keys");
}

TEST(SetupSshdRules, TheSnippetIsForThatUserAndLeavesTheKeyAlone) {
  const std::string text = sshd_snippet("czb");
  EXPECT_THAT(text, StartsWith("Match User czb\n    AuthenticationMethods publickey\n"));
  for (const char* line : {"PasswordAuthentication no", "AllowTcpForwarding no", "X11Forwarding no", "PermitTTY no",
                           "PermitTunnel no", "AllowAgentForwarding no", "ExposeAuthInfo yes"})
    EXPECT_THAT(text, HasSubstr("    " + std::string(line) + "\n"));
}

TEST(SetupSshdRules, WhatTheSnippetMakesIsAllWell) { EXPECT_TRUE(judged(strict).all_well()); }

TEST(SetupSshdRules, ASettingThatIsLooserIsNamed) {
  const SshdFindings findings = judged(with("allowtcpforwarding no", "allowtcpforwarding yes"));
  EXPECT_THAT(findings.obstacles, IsEmpty());
  EXPECT_THAT(findings.looser_than, ElementsAre("allowtcpforwarding yes"));
  EXPECT_THAT(judged(with("permituserenvironment no", "permituserenvironment yes")).looser_than,
              ElementsAre("permituserenvironment yes"));
  EXPECT_THAT(judged(with("permittty no\n", "")).looser_than, ElementsAre("permittty (not known)"));
}

TEST(SetupSshdRules, WhatWouldKeepTheKeyOutIsAnObstacle) {
  for (const auto& [from, to, said] :
       {std::tuple{"pubkeyauthentication yes", "pubkeyauthentication no", "no key can log in"},
        {".ssh/authorized_keys .ssh/authorized_keys2", "/etc/keys/%u", "is not read"},
        {"authenticationmethods publickey", "authenticationmethods publickey,password", "a key alone does not do"},
        {"forcecommand none", "forcecommand internal-sftp", "runs instead of the command"},
        {"chrootdirectory none", "chrootdirectory /srv", "ChrootDirectory"},
        {"usepam yes", "allowusers root\nallowusers admin", "AllowUsers does not name czb"},
        {"usepam yes", "denyusers evil\ndenyusers czb", "DenyUsers names czb"},
        {"usepam yes", "allowgroups wheel", "AllowGroups does not name"}}) {
    EXPECT_THAT(judged(with(from, to)).obstacles, Contains(HasSubstr(said))) << to;
  }
}

TEST(SetupSshdRules, ListsThatNameTheUserAreNoObstacle) {
  EXPECT_TRUE(judged(with("usepam yes", "allowusers root\nallowusers czb")).all_well());
  EXPECT_TRUE(judged(with("usepam yes", "allowusers c*")).all_well()) << "patterns are not judged";
  EXPECT_TRUE(judged(with("usepam yes", "denyusers evil")).all_well());
}

TEST(SetupSshdRules, TheKeysFileIsFoundByItsPattern) {
  for (const char* pattern : {"%h/.ssh/authorized_keys", "/var/lib/%u/.ssh/authorized_keys",
                              "/var/lib/czb/.ssh/authorized_keys", "/etc/keys .ssh/authorized_keys"})
    EXPECT_TRUE(judged(with(".ssh/authorized_keys .ssh/authorized_keys2", pattern)).all_well()) << pattern;
}

}  // namespace
}  // namespace czb::setup
