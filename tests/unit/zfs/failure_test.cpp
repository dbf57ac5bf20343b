// SPDX-License-Identifier: MIT
// What zfs's words mean (zfs/failure.h). They are OpenZFS 2.1.11's own.
#include "zfs/failure.h"

#include <gmock/gmock.h>

#include <csignal>

#include "zfs/meaning.h"

namespace czb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Completed ended(int code, const std::string& err = "", ExitKind kind = ExitKind::exited) {
  Completed completed;
  completed.status = {kind, code};
  completed.err = err;
  return completed;
}

StreamResult stream_of(const Completed& sender, const Completed& receiver) {
  StreamResult result;
  result.sender = sender;
  result.receiver = receiver;
  return result;
}

// A receiver that says so, and a sender that died of it.
StreamResult refused_with(const std::string& words) {
  return stream_of(ended(SIGPIPE, "", ExitKind::signalled), ended(1, words));
}

TEST(MissingDataset, IsToldFromOtherFailures) {
  EXPECT_TRUE(is_missing_dataset(ended(1, "cannot open 'tank/a': dataset does not exist\n"), "tank/a"));
  EXPECT_FALSE(is_missing_dataset(ended(1, "cannot open 'tank/a/b': dataset does not exist\n"), "tank/a"));
  EXPECT_FALSE(is_missing_dataset(ended(1, "cannot open 'tank/a': permission denied\n"), "tank/a"));
  EXPECT_FALSE(is_missing_dataset(ended(0, "cannot open 'tank/a': dataset does not exist\n"), "tank/a"));
}

TEST(Advice, IsGivenForEachTextThatIsKnown) {
  for (const char* text :
       {"cannot receive new filesystem stream: out of space", "cannot create snapshots : permission denied",
        "cannot destroy snapshot a@s1: dataset is busy", "cannot destroy 'a@s1': snapshot has dependent clones",
        "cannot create snapshot 'a@s1': dataset already exists",
        "cannot receive incremental stream: destination a has been modified\nsince most recent snapshot",
        "destination a contains partially-complete state from \"zfs receive -s\".",
        "most recent snapshot of a does not\nmatch incremental source", "must specify -F to overwrite it",
        "destination a space quota exceeded."})
    EXPECT_NE(advice_on(text), "") << text;
  EXPECT_EQ(advice_on("cannot do what nobody has seen"), "");
}

TEST(StreamOk, IsAStreamThatBothSidesEndedWell) {
  EXPECT_TRUE(stream_ok(stream_of(ended(0, "size\t1\n"), ended(0))));
  EXPECT_FALSE(stream_ok(stream_of(ended(1), ended(0))));
  EXPECT_FALSE(stream_ok(stream_of(ended(0), ended(1))));
  EXPECT_FALSE(stream_ok(stream_of(ended(0, "warning: cannot send 'tank@t2': permission denied\n"), ended(0))));
}

TEST(MayPass, WhatAnotherReceiveOrALostByteCaused) {
  for (const char* words :
       {"cannot destroy 'offsite/a/%recv': dataset is busy",
        "cannot receive incremental stream: destination offsite/a contains partially-complete state from \"zfs receive "
        "-s\".",
        "cannot receive incremental stream: checksum mismatch or incomplete stream.",
        "cannot receive: failed to read from stream",
        "cannot receive incremental stream: invalid stream (bad magic number)", "internal error: I/O error",
        "cannot receive resume stream: kernel modules must be upgraded to receive this stream.",
        "cannot receive resume stream: incompatible embedded data stream feature with encrypted receive."}) {
    EXPECT_TRUE(may_pass(refused_with(words))) << words;
    EXPECT_TRUE(may_pass(Error(ExitCode::failed, words))) << words;
  }
}

TEST(MayPass, NotWhatTryingAgainCannotMend) {
  for (const char* words :
       {"cannot receive new filesystem stream: out of space",
        "cannot receive new filesystem stream: destination offsite/q/a space quota exceeded.",
        "cannot receive new filesystem stream: permission denied",
        "cannot receive incremental stream: most recent snapshot of offsite/a does not\nmatch incremental source",
        "cannot receive incremental stream: destination offsite/a has been modified\nsince most recent snapshot",
        "cannot receive new filesystem stream: destination 'offsite/a' exists\nmust specify -F to overwrite it",
        "cannot receive incremental stream: pool is read-only",
        "cannot restore to offsite/a@s2: destination already exists",
        "cannot receive new filesystem stream: unable to restore to destination"}) {
    EXPECT_FALSE(may_pass(refused_with(words))) << words;
    EXPECT_FALSE(may_pass(Error(ExitCode::failed, words))) << words;
  }
}

TEST(MayPass, ALostConnectionAKilledSideAndALimitOfTime) {
  EXPECT_TRUE(may_pass(stream_of(ended(255, "", ExitKind::transport_failed), ended(1))));
  EXPECT_TRUE(may_pass(stream_of(ended(0), ended(SIGKILL, "", ExitKind::signalled))));
  EXPECT_TRUE(may_pass(stream_of(ended(SIGTERM, "", ExitKind::signalled), ended(0))));
  EXPECT_TRUE(may_pass(stream_of(ended(SIGTERM, "", ExitKind::signalled), ended(SIGTERM, "", ExitKind::signalled))));
  for (const int signal : {SIGPIPE, SIGTERM})  // SIGTERM: we end the sender when the receiver has ended
    EXPECT_FALSE(may_pass(stream_of(ended(signal, "", ExitKind::signalled), ended(1, "out of space")))) << signal;
  StreamResult stalled;
  stalled.stalled = true;
  EXPECT_TRUE(may_pass(stalled));
  EXPECT_TRUE(may_pass(Error(ExitCode::unreachable, "no route to host")));
  EXPECT_TRUE(may_pass(Error(ExitCode::failed, "zfs list far on ssh far: took longer than 3600 s")));
  EXPECT_TRUE(may_pass(Error(ExitCode::failed, "zfs list far on ssh far: ended by signal 9")));
}

TEST(MayPass, AStreamThatDidNotStartByTheReason) {
  StreamResult result;
  result.not_started = Error(ExitCode::unreachable, "no route to host");
  EXPECT_TRUE(may_pass(result));
  result.not_started = Error(ExitCode::failed, "no such program");
  EXPECT_FALSE(may_pass(result));
}

TEST(Status255, WithZfsOwnWordsIsNotSshs) {
  Completed hopeless =
      ended(255, "cannot resume send: 'a@s2' used in the initial send no longer exists\n", ExitKind::transport_failed);
  tell_from_ssh(hopeless);
  EXPECT_EQ(hopeless.status.kind, ExitKind::exited);
  Completed lost = ended(255, "", ExitKind::transport_failed);
  tell_from_ssh(lost);
  EXPECT_EQ(lost.status.kind, ExitKind::transport_failed);
}

TEST(CommandError, SaysWhatWhereAndZfsOwnWordsWithAdvice) {
  const Error error =
      command_error("ssh far", {"zfs", "destroy", "far/a@t1"}, ended(1, "cannot destroy: dataset is busy\n"));
  EXPECT_EQ(error.code(), ExitCode::failed);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("zfs destroy far/a@t1 on ssh far: exit status 1: cannot destroy"),
                                  HasSubstr("Something uses it")));
}

TEST(CommandError, WhatTheFarEndSaidIsOneLineThatNoTerminalObeysAndNoLogTakesForItsOwn) {
  const std::string forged =
      "cannot open\x1b[2J\n2026-11-30T00:00:00Z job home: all well\r\n\xff" + std::string(9000, 'x');
  const std::string text = command_error("ssh far", {"zfs", "list"}, ended(1, forged)).what();
  EXPECT_THAT(text, HasSubstr("cannot open\\x1b[2J; 2026-11-30T00:00:00Z job home: all well; \\xff"));
  EXPECT_EQ(text.find_first_of("\n\r\x1b\xff"), std::string::npos);
  EXPECT_LT(text.size(), 2500U);
}

TEST(StreamError, WhatBothEndsSaidIsEscaped) {
  const std::string text =
      stream_error("here", "ssh far", stream_of(ended(2, "a\x1b[b\nc"), ended(1, "d\x07\nfake"))).what();
  EXPECT_THAT(text, AllOf(HasSubstr("d\\x07; fake"), Not(HasSubstr("\nfake")), Not(HasSubstr("\x07"))));
}

TEST(RefusedProperties, NamesAndReasonsOfTheFarEndAreEscaped) {
  const std::string note = refused_properties_note(
      "ssh far", {"zfs", "receive", "a"},
      stream_of(ended(0),
                ended(0, "cannot receive \x1b[1mexec property on offsite/\x1b]0;x: permission\x9b denied\n")));
  EXPECT_THAT(note,
              AllOf(HasSubstr("\\x1b[1mexec"), HasSubstr("offsite/\\x1b]0;x"), HasSubstr("permission\\x9b denied")));
  EXPECT_EQ(note.find('\x1b'), std::string::npos);
}

TEST(CommandError, OfALostConnectionIsUnreachable) {
  Completed lost = ended(255, "", ExitKind::transport_failed);
  lost.transport_error = "no route to host";
  const Error error = command_error("ssh far", {"zfs", "list"}, lost);
  EXPECT_EQ(error.code(), ExitCode::unreachable);
  EXPECT_THAT(error.what(), HasSubstr("no route to host"));
}

TEST(CommandError, OfALackOfPermissionHasTheLineToType) {
  const Error error = command_error("ssh far", {"zfs", "destroy", "far/a@t1"},
                                    ended(1, "cannot destroy snapshots: permission denied\n"));
  EXPECT_THAT(error.what(), HasSubstr("zfs allow -u USER destroy,mount far/a"));
}

TEST(StreamError, OfAReceiveThatFailedWithoutAWordTellsOfChangeKey) {
  const CommandLine receiving = {"zfs", "receive", "-s", "-u", "offsite/zippy"};
  const CommandLine sending = {"zfs", "send", "zippy@1"};
  const auto text_of = [&](const Completed& receiver) {
    return std::string(stream_error("here", "there", stream_of(ended(0), receiver), sending, receiving).what());
  };
  EXPECT_THAT(text_of(ended(1)), HasSubstr("zfs allow -u USER change-key,keylocation offsite"));
  EXPECT_THAT(text_of(ended(1, "cannot receive: invalid stream")), Not(HasSubstr("change-key")));
  EXPECT_THAT(text_of(ended(SIGKILL, "", ExitKind::signalled)), Not(HasSubstr("change-key")));
}

TEST(CommandError, OfAReceiverThatIsSetUpWronglySaysWhereAndNotThatRootOrSudoWouldHelp) {
  const CommandLine list = {"zfs", "list", "far/a"};
  const std::string no_folder =
      command_error("ssh far", list,
                    ended(78, "cyber-zfs-backup-receiver: the state folder /x could not be made: Permission denied\n"))
          .what();
  EXPECT_THAT(no_folder, AllOf(HasSubstr("authorized_keys"), Not(HasSubstr("sudo")), Not(HasSubstr("zfs allow"))));
  const std::string no_program =
      command_error("ssh far", list, ended(127, "sh: 1: /usr/bin/cyber-zfs-backup-receiver: not found\n")).what();
  EXPECT_THAT(no_program, HasSubstr("names a program that is not there"));
  EXPECT_THAT(command_error("ssh far", list, ended(127, "sh: 1: zfs: not found\n")).what(),
              Not(HasSubstr("authorized_keys")));
}

TEST(CommandError, OfALoginThatWasDeniedHasNoneForZfs) {
  const Error error = command_error("ssh far", {"zfs", "destroy", "far/a@t1"},
                                    ended(255, "far: Permission denied (publickey).\n", ExitKind::transport_failed));
  EXPECT_THAT(error.what(), Not(HasSubstr("zfs allow -u")));
}

TEST(StreamError, OfALackOfPermissionNamesThoseOfItsSide) {
  const CommandLine send = send_tree_command("near/a", std::nullopt, "t1", false);
  const CommandLine receive = receive_command("far/a", {{"exec", "off"}});
  EXPECT_THAT(stream_error("here", "ssh far", refused_with("cannot receive incremental stream: permission denied"),
                           send, receive)
                  .what(),
              HasSubstr("zfs allow -u USER create,exec,mount,receive far/a"));
  EXPECT_THAT(
      stream_error("here", "ssh far", stream_of(ended(1, "cannot hold: permission denied"), ended(0)), send, receive)
          .what(),
      HasSubstr("zfs allow -u USER hold near/a"));
}

TEST(NewKeys, AreAWarningWithWhatToLookAt) {
  EXPECT_EQ(new_keys_warning("ssh far", stream_of(ended(0), ended(0))), "");
  const std::string said = "cyber-zfs-backup-receiver: keys taken as they came: far/a\x1b and 2 more\n";
  EXPECT_THAT(new_keys_warning("ssh far", stream_of(ended(0), ended(0, said))),
              AllOf(HasSubstr("the receiver on ssh far did not know the keys of far/a\\x1b and 2 more"),
                    HasSubstr("zfs load-key -n")));
  EXPECT_THAT(stream_error("here", "ssh far", stream_of(ended(0), ended(1, said + "broken\n"))).what(),
              Not(HasSubstr("taken as they came")));
}

TEST(PropertyNotes, SayWhatAReceiverLeftOutAndWhatZfsCouldNotSet) {
  const CommandLine receive = receive_command("far/a", {});
  EXPECT_THAT(property_notes("ssh far", receive, stream_of(ended(0), ended(0))), ::testing::IsEmpty());
  const auto notes =
      property_notes("ssh far", receive,
                     stream_of(ended(0), ended(0,
                                               "cannot receive exec property on far/a: out of space\n"
                                               "cyber-zfs-backup-receiver: left out: a:b of a (why)\n")));
  EXPECT_THAT(notes, ::testing::ElementsAre("the receiver on ssh far left out properties of the stream: a:b of a (why)",
                                            HasSubstr("could not set properties of far/a: exec: out of space")));
}

TEST(StreamError, WhatAReceiverTellsOfItselfIsNoErrorsText) {
  Completed listing = ended(1,
                            "cyber-zfs-backup-receiver: mode mirror\n"
                            "cyber-zfs-backup-receiver: user-properties site:\ncannot open 'x': broken\n");
  const std::string text = command_error("ssh far", list_command("x", {}, true), listing).what();
  EXPECT_THAT(text, Not(HasSubstr("user-properties")));
  EXPECT_THAT(text, HasSubstr("cannot open 'x': broken"));
}

// zfs receive exits with 0.
TEST(RefusedPropertiesNote, NamesEachPropertyOnceWithWhatToDo) {
  const CommandLine receive = receive_command("far/a", {{"exec", "off"}});
  EXPECT_EQ(refused_properties_note("ssh far", receive, stream_of(ended(0), ended(0))), "");
  const std::string note =
      refused_properties_note("ssh far", receive,
                              stream_of(ended(0), ended(0,
                                                        "cannot receive exec property on far/a: permission denied\n"
                                                        "cannot receive exec property on far/a/b: permission denied\n"
                                                        "cannot receive atime property on far/a/b: permission denied\n"
                                                        "cannot receive quota property on far/a/b: out of space\n")));
  EXPECT_THAT(note, HasSubstr("zfs receive on ssh far could not set properties of far/a and 1 more: "
                              "quota: out of space; atime, exec: permission denied"));
  EXPECT_THAT(note, HasSubstr("zfs allow -u USER atime,exec far/a"));
}

TEST(StreamError, LeavesOutWhatIsNoError) {
  const std::string noise =
      "full\ttank@t1\t100\nsize\t100\nresume token contents:\nnvlist version: 0\n\tobject = 0x2\n"
      "skipping snapshot tank@s3 because it was created after the destination snapshot (s2)\n"
      "Warning: far/vol: property 'mountpoint' does not apply to datasets of this type\n";
  const Error error =
      stream_error("here", "ssh far", stream_of(ended(1, noise + "broken\n"), ended(1, noise + "out of space")));
  EXPECT_THAT(error.what(), AllOf(HasSubstr("zfs receive on ssh far: exit status 1: out of space"),
                                  HasSubstr("zfs send on here: exit status 1: broken"), Not(HasSubstr("full\t")),
                                  Not(HasSubstr("skipping")), Not(HasSubstr("nvlist")), Not(HasSubstr("mountpoint"))));
}

TEST(StreamError, OfASenderThatOnlyFollowedNamesTheReceiverAlone) {
  EXPECT_THAT(stream_error("here", "ssh far", refused_with("out of space")).what(), Not(HasSubstr("zfs send")));
}

TEST(LacksOrigin, IsWhatZfsReceiveSaysOfACloneWhoseOriginItDoesNotFind) {
  EXPECT_TRUE(lacks_origin(
      "zfs receive on offsite: exit status 1: cannot receive new filesystem stream: local origin for clone "
      "offsite/z/a2@t1 does not exist"));
  EXPECT_FALSE(
      lacks_origin("zfs receive on offsite: exit status 1: cannot receive new filesystem stream: out of space"));
}

}  // namespace
}  // namespace czb
