// SPDX-License-Identifier: MIT
// Which public keys are taken (setup/public_key.h), and the line for authorized_keys (setup/authorized_keys.h).
#include "setup/public_key.h"

#include <gmock/gmock.h>

#include "setup/authorized_keys.h"
#include "setup/setup_testing.h"

namespace czb::setup {
namespace {

using ::testing::HasSubstr;

std::string refused(const std::string& line) {
  return refusal_of([&] { parse_public_key(line); });
}

TEST(SetupPublicKey, TakesEachTypeThatOpensshMakesWithoutHardware) {
  for (const auto& [type, blob] : {std::pair{"ssh-ed25519", ed25519_blob},
                                   {"ssh-rsa", rsa2048_blob},
                                   {"ecdsa-sha2-nistp256", p256_blob},
                                   {"ecdsa-sha2-nistp384", p384_blob},
                                   {"ecdsa-sha2-nistp521", p521_blob}}) {
    const PublicKey key = parse_public_key(std::string(type) + " " + blob + " me@host\n");
    EXPECT_EQ(key.type, type);
    EXPECT_EQ(key.base64, blob);
    EXPECT_EQ(key.comment, "me@host");
  }
}

TEST(SetupPublicKey, ACommentIsOptionalAndBecomesHarmless) {
  EXPECT_EQ(parse_public_key("ssh-ed25519 " + ed25519_blob).comment, "");
  EXPECT_EQ(parse_public_key("  ssh-ed25519\t" + ed25519_blob + "  a b\"$(x);'\\#\xc3\xa9  \r\n").comment,
            "a_b___x_______");
  EXPECT_EQ(parse_public_key("ssh-ed25519 " + ed25519_blob + " " + std::string(500, 'x')).comment.size(), 100U);
  EXPECT_EQ(to_line(parse_public_key("ssh-ed25519 " + ed25519_blob + " a b")), "ssh-ed25519 " + ed25519_blob + " a_b");
  EXPECT_EQ(to_line(parse_public_key("ssh-ed25519 " + ed25519_blob)), "ssh-ed25519 " + ed25519_blob);
}

TEST(SetupPublicKey, RefusesWhatIsNoKeyOrMoreThanOne) {
  const std::string good = "ssh-ed25519 " + ed25519_blob;
  EXPECT_THAT(refused(""), HasSubstr("it is empty"));
  EXPECT_THAT(refused("\n"), HasSubstr("it is empty"));
  EXPECT_THAT(refused("ssh-ed25519"), HasSubstr("in base64"));
  EXPECT_THAT(refused(good + "\n" + good), HasSubstr("more than one line"));
  EXPECT_THAT(refused(good + " x\ny"), HasSubstr("more than one line"));
  EXPECT_THAT(refused(good + std::string(" x\0y", 4)), HasSubstr("control character"));
  EXPECT_THAT(refused(good + std::string(20000, 'x')), HasSubstr("longer than any key"));
}

TEST(SetupPublicKey, RefusesOptionsBeforeTheKey) {
  EXPECT_THAT(refused("command=\"id\" ssh-ed25519 " + ed25519_blob), HasSubstr("nothing before them"));
  EXPECT_THAT(refused("restrict ssh-ed25519 " + ed25519_blob), HasSubstr("nothing before them"));
  EXPECT_THAT(refused("offsite ssh-ed25519 " + ed25519_blob), HasSubstr("nothing before them"));
}

TEST(SetupPublicKey, NeverRepeatsAPrivateKey) {
  const std::string secret = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n";
  const std::string said = refused(secret);
  EXPECT_THAT(said, HasSubstr("PRIVATE key, which must stay where it is"));
  EXPECT_EQ(said.find("b3Blb"), std::string::npos);
}

TEST(SetupPublicKey, RefusesBase64ThatIsNotExactlyOneKeyOfItsType) {
  EXPECT_THAT(refused("ssh-rsa " + ed25519_blob), HasSubstr("not a key of type ssh-rsa"));
  EXPECT_THAT(refused("ssh-rsa " + rsa1024_blob), HasSubstr("of 1024 bits"));
  EXPECT_THAT(refused("ssh-dss AAAAB3NzaC1kc3M="), HasSubstr("its type is not"));
  EXPECT_THAT(refused("sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t"),
              HasSubstr("its type is not"));
  EXPECT_THAT(refused("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"), HasSubstr("32 bytes"));
  EXPECT_THAT(refused("ssh-ed25519 " + ed25519_blob + "AAAA"), HasSubstr("more behind the key"));
  EXPECT_THAT(refused("ssh-ed25519 " + ed25519_blob.substr(1)), HasSubstr("in base64"));
  EXPECT_THAT(refused("ssh-ed25519 " + ed25519_blob.substr(0, 40) + "*" + ed25519_blob.substr(41)),
              HasSubstr("in base64"));
  EXPECT_THAT(refused("ecdsa-sha2-nistp384 " + p256_blob), HasSubstr("not a key of type"));
}

TEST(SetupPublicKey, RefusesPaddingThatIsNotTheCanonicalOne) {
  ASSERT_EQ(p256_blob.back(), '=');
  std::string loose = p256_blob;  // the unused bits of the last digit are not zero
  loose[loose.size() - 2] = 'x';
  EXPECT_THAT(refused("ecdsa-sha2-nistp256 " + loose), HasSubstr("in base64"));
  EXPECT_THAT(refused("ecdsa-sha2-nistp256 " + p256_blob.substr(0, p256_blob.size() - 1)), HasSubstr("in base64"));
  EXPECT_THAT(refused("ecdsa-sha2-nistp256 " + p256_blob + "==="), HasSubstr("in base64"));
  EXPECT_THAT(refused("ecdsa-sha2-nistp256 ===="), HasSubstr("in base64"));
}

const std::vector<std::string> receiver = {"/usr/bin/cyber-zfs-backup-receiver", "--root", "offsite/zippy"};

TEST(SetupAuthorizedKeys, TheLineRestrictsTheKeyToTheReceiver) {
  EXPECT_EQ(authorized_keys_line(receiver, test_key()),
            "restrict,command=\"/usr/bin/cyber-zfs-backup-receiver --root offsite/zippy\" ssh-ed25519 " + ed25519_blob +
                " cyber-zfs-backup@zippy");
}

TEST(SetupAuthorizedKeys, WordsAreQuotedForTheShellThatSshdStarts) {
  EXPECT_THAT(authorized_keys_line({"/r", "--root", "off site/it's $HOME"}, test_key()),
              HasSubstr(R"(command="/r --root 'off site/it'\''s $HOME'" ssh-ed25519)"));
}

TEST(SetupAuthorizedKeys, RefusesAWordThatWouldEndTheCommandOrTheLine) {
  for (const char* word : {"a\"b", "a\\", "a\nb", "a\rb", "a\x7f"}) {
    EXPECT_THAT(refusal_of([&] {
                  authorized_keys_line({"/r", "--naming-prefix", word}, test_key());
                }),
                HasSubstr("cannot stand in authorized_keys"));
  }
}

TEST(SetupAuthorizedKeys, TheSameLineIsFoundWhateverItsComment) {
  const std::string line = authorized_keys_line(receiver, test_key());
  const std::string there = "# a comment\n\nssh-ed25519 " + other_blob + " other\n  " +
                            line.substr(0, line.rfind(' ')) + " another comment\r\n";
  const FoundKey found = find_key(there, line, test_key());
  EXPECT_EQ(found.state, FoundKey::State::there);
  EXPECT_EQ(found.number, 4);
}

TEST(SetupAuthorizedKeys, AKeyThatIsNotThereOrCommentedOutIsAbsent) {
  const std::string line = authorized_keys_line(receiver, test_key());
  EXPECT_EQ(find_key("", line, test_key()).state, FoundKey::State::absent);
  EXPECT_EQ(find_key("#" + line + "\nssh-ed25519 " + other_blob + "\n", line, test_key()).state,
            FoundKey::State::absent);
}

TEST(SetupAuthorizedKeys, TheSameKeyWithOtherOptionsDiffersWhereverItStands) {
  const std::string line = authorized_keys_line(receiver, test_key());
  for (const std::string& before : {"ssh-ed25519 " + ed25519_blob + " unrestricted\n",
                                    authorized_keys_line({receiver[0], "--root", "offsite/zippy2"}, test_key()) + "\n",
                                    line.substr(line.find("command")) + "\n"}) {
    const FoundKey found = find_key(before + line, line, test_key());
    EXPECT_EQ(found.state, FoundKey::State::differs);
    EXPECT_EQ(found.number, 1);
    const FoundKey later = find_key(line + "\n" + before, line, test_key());
    EXPECT_EQ(later.state, FoundKey::State::differs);
    EXPECT_EQ(later.number, 2);
  }
}

}  // namespace
}  // namespace czb::setup
