// SPDX-License-Identifier: MIT
#include "doctor/feature_checks.h"

#include <algorithm>
#include <array>

#include "doctor/ask.h"
#include "plan/encryption.h"

namespace czb::doctor {
namespace {

// Streams have these in them where the source's pool has them active; embedded blocks those alone that are raw.
constexpr std::array<const char*, 8> stream_features = {"embedded_data", "encryption",     "large_blocks",
                                                        "large_dnode",   "large_microzap", "longname",
                                                        "lz4_compress",  "zstd_compress"};

// And these belong to values of the property `checksum`, which streams carry along.
constexpr std::array<const char*, 4> property_features = {"blake3", "edonr", "sha512", "skein"};

void look_up(Side& side) {
  if (side.features) return;
  if (side.is_restricted) {
    // A receiver that tells none is not asked otherwise: it would refuse, and write that down.
    if (!side.receiver || side.receiver->value("features").empty()) return;
    side.features.emplace();
    for (const std::string& name : side.receiver->list("features")) side.features->emplace(name, "enabled");
    return;
  }
  const Completed answer =
      ask(side.host.transport(), {"zpool", "get", "-H", "-p", "-o", "property,value", "all", side.pool()});
  if (answer.ok()) side.features = parse_features(answer.out);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

Features parse_features(std::string_view output) {
  constexpr std::string_view mark = "feature@";
  Features features;
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    const std::string_view line = output.substr(0, end);
    output.remove_prefix(std::min(end + 1, output.size()));
    const std::size_t tab = line.find('\t');
    if (line.substr(0, mark.size()) != mark || tab == std::string_view::npos) continue;
    features.emplace(line.substr(mark.size(), tab - mark.size()), line.substr(tab + 1));
  }
  return features;
}

std::vector<FeatureGap> feature_gaps(const Features& source, const Features& target, bool encrypted) {
  std::vector<FeatureGap> gaps;
  const auto compare = [&](const std::string& name, bool breaks_streams) {
    const auto here = source.find(name);
    if (here == source.end() || here->second != "active") return;
    if ((name == "encryption" || name == "embedded_data") && !encrypted) return;
    const auto there = target.find(name);
    if (there == target.end())
      gaps.push_back({name, true, breaks_streams});
    else if (there->second == "disabled")
      gaps.push_back({name, false, breaks_streams});
  };
  for (const char* const name : stream_features) compare(name, true);
  for (const char* const name : property_features) compare(name, false);
  return gaps;
}

void check_features(Side& source, Side& target, Findings& findings) {
  if (!source.inventory) return findings.skipped("features", "the source could not be looked at");
  look_up(source);
  if (!source.features) return findings.skipped("features", "those of the source's pool are not told");
  look_up(target);
  if (!target.features)
    return findings.skipped("features", target.is_restricted ? "the receiver does not tell those of its pool"
                                                             : "zpool does not tell those of the target's pool");
  const bool encrypted = source.inventory && is_encrypted(*source.inventory);
  std::vector<std::string> breaking;
  std::vector<std::string> others;
  std::string unknown;
  std::string enable;
  for (const FeatureGap& gap : feature_gaps(*source.features, *target.features, encrypted)) {
    (gap.breaks_streams ? breaking : others).push_back(gap.name);
    if (gap.is_unknown)
      unknown += (unknown.empty() ? "" : ", ") + gap.name;
    else
      enable += " feature@" + gap.name + "=enabled";
  }
  const std::string pools = "pool " + source.pool() + " uses what pool " + target.pool() + " at the target has not: ";
  std::string remedy;
  if (!enable.empty())
    remedy = "Enable it there: zpool set" + enable + " " + target.pool() +
             " (an older OpenZFS may then not be able to import that pool). ";
  if (!unknown.empty()) remedy += "Upgrade OpenZFS there, which does not know " + unknown + ", and enable it. ";
  while (!remedy.empty() && remedy.back() == ' ') remedy.pop_back();
  if (!breaking.empty()) {
    breaking.insert(breaking.end(), others.begin(), others.end());
    return findings.failed("features", pools + joined(breaking) + "; a stream with that in it is refused", remedy);
  }
  if (!others.empty())
    return findings.warning("features", pools + joined(others) + "; the property checksum is not set there", remedy);
  findings.ok("features",
              "pool " + target.pool() + " at the target has all that streams of pool " + source.pool() + " may need");
}

}  // namespace czb::doctor
