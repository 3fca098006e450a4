#include "repository/chain.h"

#include <algorithm>

#include "repository/mark_codec.h"
#include "repository/pack_reader.h"
#include "repository/verification.h"

namespace dbstow::repository {
namespace {

constexpr std::string_view kConfirmed = ".confirmed";
constexpr std::string_view kPending = ".pending";
constexpr std::string_view kSeen = ".seen";

void AddFence(Fences& fences, const std::string& key) {
  const std::string_view name = LastPart(key);
  const auto session = SessionIdFromText(name.substr(0, name.find('.')));
  if (!session) return;
  if (name.ends_with(kConfirmed)) fences.confirmed.insert(*session);
  if (name.ends_with(kPending)) {
    fences.pending.insert(*session);
    fences.pending_keys.push_back(key);
  }
  if (!name.ends_with(kSeen)) return;
  fences.seen_keys.push_back(key);
  const std::string_view rest = name.substr(name.find('.') + 1);
  const auto time = CompactTimeFromText(rest.substr(0, rest.size() - kSeen.size()));
  if (!time) return;
  const auto [entry, added] = fences.seen.emplace(*session, *time);
  if (!added) entry->second = std::min(entry->second, *time);
}

}  // namespace

// A sector that has gone bad, or one file with the wrong owner, is no more than damage of one
// object.
bool IsUnreadable(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kCorrupt:
    case ErrorCode::kWrongKey:
    case ErrorCode::kUnsupportedCapability:
    case ErrorCode::kIoError:
    case ErrorCode::kPermissionDenied: return true;
    default: return false;
  }
}

Result<std::vector<ListedManifest>> Chain::ListManifests() const {
  DBSTOW_ASSIGN(const auto objects, store().List(layout_.Manifests()));
  std::vector<ListedManifest> manifests;
  for (const storage::ObjectInfo& each : objects) {
    if (auto name = ManifestName::Parse(LastPart(each.key))) {
      manifests.push_back({*std::move(name), each.size});
    }
  }
  std::ranges::sort(manifests, {}, &ListedManifest::name);
  return manifests;
}

Result<std::vector<ListedIntent>> Chain::ListIntents() const {
  DBSTOW_ASSIGN(const auto objects, store().List(layout_.Intents()));
  std::vector<ListedIntent> intents;
  for (const storage::ObjectInfo& each : objects) {
    if (auto intent = ParseIntent(each.key)) intents.push_back({*std::move(intent), each.key});
  }
  return intents;
}

Result<Fences> Chain::ListFences() const {
  DBSTOW_ASSIGN(const auto objects, store().List(layout_.Fences()));
  Fences fences;
  for (const storage::ObjectInfo& each : objects) AddFence(fences, each.key);
  return fences;
}

Result<PruneMark> Chain::ReadMark(const std::string& key) const {
  DBSTOW_ASSIGN(const Bytes bytes, store().Get(key));
  PruneMark mark;
  mark.key = key;
  auto names = DecodeMark(bytes, LastPart(key));
  mark.damaged = !names.has_value();
  if (names) mark.names = *std::move(names);
  return mark;
}

Result<std::vector<PruneMark>> Chain::ListMarks() const {
  DBSTOW_ASSIGN(const auto objects, store().List(layout_.Marks()));
  std::vector<PruneMark> marks;
  for (const storage::ObjectInfo& each : objects) {
    auto mark = ReadMark(each.key);
    // A mark that went between LIST and GET belongs to a pruner that has finished: what it deleted
    // is gone, and what is still there it no longer wants.
    if (!mark && mark.error().code() == ErrorCode::kNotFound) continue;
    if (!mark) return std::move(mark).error();
    marks.push_back(*std::move(mark));
  }
  return marks;
}

Result<std::vector<Verification>> Chain::ListVerifications() const {
  DBSTOW_ASSIGN(const auto objects, store().List(layout_.Verifications()));
  std::vector<Verification> found;
  for (const storage::ObjectInfo& each : objects) {
    if (auto parsed = ParseVerification(LastPart(each.key))) {
      parsed->instance = instance_;
      found.push_back(*std::move(parsed));
    }
  }
  std::ranges::stable_sort(found, {}, &Verification::time);
  return found;
}

Result<void> Chain::CheckInstance(const ManifestHead& head) const {
  if (head.record.instance == instance_) return {};
  return Error(ErrorCode::kCorrupt, "it belongs to instance '" + head.record.instance + "'");
}

Result<ManifestHead> Chain::ReadHead(const ListedManifest& manifest) const {
  const std::string name = manifest.name.Text();
  const std::string key = layout_.Manifest(name);
  Bytes start(std::min<std::uint64_t>(manifest.size, kHeadProbe));
  DBSTOW_TRY(store().GetRange(key, 0, start));
  auto end = ManifestHeadEnd(start);
  if (!end) return AsDamage(std::move(end).error(), key);
  if (*end > start.size() && *end <= manifest.size) {
    start.resize(*end);
    DBSTOW_TRY(store().GetRange(key, 0, start));
  }
  auto head = OpenManifestHead(start, name, *environment_.keyring);
  if (!head) return AsDamage(std::move(head).error(), key);
  if (auto same = CheckInstance(*head); !same) return AsDamage(std::move(same).error(), key);
  return head;
}

Result<Manifest> Chain::ReadManifest(const ManifestName& name) const {
  const std::string key = layout_.Manifest(name.Text());
  DBSTOW_ASSIGN(const Bytes bytes, store().Get(key));
  auto manifest = OpenManifest(bytes, name.Text(), *environment_.keyring);
  if (!manifest) return AsDamage(std::move(manifest).error(), key);
  if (auto same = CheckInstance(manifest->head); !same) {
    return AsDamage(std::move(same).error(), key);
  }
  return manifest;
}

Result<Intent> Chain::Announce(Intent::Purpose purpose, std::string_view manifest) const {
  Intent intent;
  intent.session = SessionId::Generate(environment_.ports.random);
  intent.since = std::chrono::floor<std::chrono::seconds>(environment_.ports.clock.Now());
  intent.purpose = purpose;
  intent.used_manifest = std::string(manifest);
  const std::string key = layout_.IntentKey(intent);
  DBSTOW_TRY(store().Put(key, AsBytes(LastPart(key))));
  return intent;
}

Result<void> Chain::Withdraw(const Intent& intent) const {
  return store().Delete(layout_.IntentKey(intent));
}

Result<void> Chain::PutSighting(const SessionId& session) const {
  const std::string name =
      ToText(session) + "." + CompactTime(environment_.ports.clock.Now()) + std::string(kSeen);
  return store().Put(layout_.Fences() + name, AsBytes(name));
}

Result<std::string> Chain::PutMark(const std::set<std::string>& names) const {
  const Bytes bytes = EncodeMark(names, environment_.ports.random);
  const std::string key = layout_.Marks() + MarkName(bytes);
  DBSTOW_TRY(store().Put(key, bytes));
  return key;
}

Result<void> CheckStillWanted(const Chain& chain, const CheckContext& context) {
  if (context.stop.stop_requested()) {
    return Error(ErrorCode::kCancelled,
                 "stopped on request before all of '" + chain.instance() + "' was done");
  }
  if (context.deadline.Passed(chain.environment().ports.clock)) {
    return Error(ErrorCode::kTimeout,
                 "the time was up before all of '" + chain.instance() + "' was done");
  }
  return {};
}

}  // namespace dbstow::repository
