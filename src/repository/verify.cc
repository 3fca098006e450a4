#include "repository/verify.h"

#include <algorithm>

#include "io/hash.h"
#include "repository/backup_reader.h"
#include "repository/chain_damage.h"
#include "repository/item_source.h"

namespace dbstow::repository {
namespace {

constexpr std::size_t kReadSize = 4u << 20;

// What went wrong with one pack, found while something else was looked at.
void Note(ChainDamage& damage, const std::string& key, const Error& error) {
  if (error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kNotFound) {
    const Error* cause = error.cause();
    damage.AddPackProblem(key, cause != nullptr ? cause->message() : error.message());
  } else {
    damage.AddUnknownPack(key, error.message());
  }
}

class ChainVerifier {
 public:
  ChainVerifier(const Chain& chain, const std::set<ManifestName>& names,
                const CheckContext& context, VerifyReport& report)
      : chain_(chain), names_(names), context_(context), report_(report), pieces_(kReadSize) {}

  Result<void> Run() {
    std::vector<std::unique_ptr<ReadAnnouncement>> announcements;
    for (const ManifestName& each : names_) {
      DBSTOW_TRY(Alive());
      announcements.push_back(ReadAnnouncement::Put(chain_, each));
    }
    DBSTOW_TRY(damage_.Load(chain_));
    DBSTOW_TRY(damage_.CheckPresence(chain_, names_));
    bytes_total_ = report_.bytes_checked + BytesToCheck();
    if (report_.level >= 1) DBSTOW_TRY(CheckPackDigests());
    if (report_.level >= 2) DBSTOW_TRY(CheckContents());
    for (const ManifestName& each : names_) {
      report_.backups.push_back(damage_.VerdictOn(chain_, each));
    }
    for (DamagedObject& each : damage_.Damaged()) report_.damaged.push_back(std::move(each));
    return {};
  }

 private:
  Result<void> Alive() const { return CheckStillWanted(chain_, context_); }

  void Progress(std::string_view phase, std::string_view detail, std::uint64_t bytes) {
    report_.bytes_checked += bytes;
    if (context_.progress == nullptr) return;
    dbstow::Progress progress;
    progress.phase = phase;
    progress.detail = detail;
    progress.bytes_done = report_.bytes_checked;
    progress.bytes_total = bytes_total_;
    context_.progress->Report(progress);
  }

  // Of contents that backups share, what the first of them checks: the others have their own bytes.
  [[nodiscard]] std::uint64_t BytesToCheck() const {
    std::uint64_t bytes = 0;
    for (const auto& [key, pack] : damage_.packs()) {
      if (report_.level >= 1 && Wanted(key)) bytes += pack.size;
    }
    bool first = true;
    for (const ManifestName& name : names_) {
      const auto found = damage_.manifests().find(name);
      if (report_.level < 2 || found == damage_.manifests().end()) continue;
      const ByteCounts& counts = found->second.head.record.bytes;
      bytes += first ? counts.read : counts.read - std::min(counts.read, counts.reused);
      first = false;
    }
    return bytes;
  }

  [[nodiscard]] bool Wanted(const std::string& key) const {
    return !damage_.HasProblem(key) &&
           std::ranges::any_of(names_, [&](const auto& name) { return damage_.Needs(name, key); });
  }

  Result<io::Sha256Digest> DigestOf(const std::string& key, std::uint64_t size) {
    io::Sha256 hash;
    for (std::uint64_t at = 0; at < size;) {
      DBSTOW_TRY(Alive());
      const MutableByteView piece =
          MutableByteView(pieces_).first(std::min<std::uint64_t>(kReadSize, size - at));
      DBSTOW_TRY(chain_.store().GetRange(key, at, piece));
      hash.Update(piece);
      at += piece.size();
      Progress("packs", key, piece.size());
    }
    return hash.Finish();
  }

  Result<void> CheckPackDigests() {
    for (const auto& [key, pack] : damage_.packs()) {
      if (!Wanted(key)) continue;
      DBSTOW_TRY(Alive());
      const auto digest = DigestOf(key, pack.size);
      DBSTOW_TRY(Alive());
      if (!digest) {
        Note(damage_, key, digest.error());
      } else if (*digest != pack.digest) {
        damage_.AddPackProblem(key, "its bytes do not have the SHA-256 it is named by");
      }
    }
    return {};
  }

  Result<void> CheckContents() {
    for (const ManifestName& name : names_) {
      const auto found = damage_.manifests().find(name);
      if (found == damage_.manifests().end()) continue;
      DBSTOW_TRY(CheckManifestContents(found->second));
    }
    return {};
  }

  Result<void> CheckManifestContents(const Manifest& manifest) {
    PackReader packs(chain_.environment(), chain_.layout(), manifest.packs);
    DBSTOW_ASSIGN(const EpochKey epoch, chain_.environment().keyring->Find(manifest.head.epoch));
    io::PageHasher hasher(epoch.ForPageHashes());
    for (const ItemEntry& item : manifest.items) {
      auto source = ItemSource::Create(item, packs);
      if (!source) {
        for (const FrameRef& root : item.roots) NoteFrame(packs, root, source.error());
        continue;
      }
      DBSTOW_TRY(CheckItem(**source, packs, hasher));
    }
    return {};
  }

  void NoteFrame(const PackReader& packs, const FrameRef& ref, const Error& error) {
    if (const PackEntry* pack = packs.Find(ref.pack)) Note(damage_, packs.KeyOf(*pack), error);
  }

  Result<void> CheckItem(ItemSource& item, const PackReader& packs, io::PageHasher& hasher) {
    for (std::uint64_t index = 0; index < item.segments().size(); ++index) {
      const FrameRef& ref = item.segments()[index].frame;
      // Segments that backups share were checked with the first of them.
      if (!checked_segments_.emplace(ref.pack, ref.id).second) continue;
      DBSTOW_TRY(Alive());
      const auto segment = item.SegmentAt(index);
      if (!segment) {
        NoteFrame(packs, ref, segment.error());
        continue;
      }
      DBSTOW_TRY(CheckSegment(item, **segment, packs, hasher));
    }
    return {};
  }

  Result<void> CheckSegment(ItemSource& item, const Segment& segment, const PackReader& packs,
                            io::PageHasher& hasher) {
    for (std::size_t unit = 0; unit < segment.size(); ++unit) {
      const UnitPlace& place = segment.places[unit];
      if (place.frame == UnitPlace::kZero) continue;
      const FrameRef& ref = segment.frames[place.frame];
      if (unit % 64 == 0) DBSTOW_TRY(Alive());
      const auto checked = [&]() -> Result<std::size_t> {
        DBSTOW_ASSIGN(const auto frame, item.Frame(ref));
        DBSTOW_ASSIGN(const ByteView bytes, item.Unit(*frame, place));
        if (hasher.Hash(bytes) == segment.hashes[unit]) return bytes.size();
        return Error(ErrorCode::kCorrupt, "a page does not have the hash that was recorded for it");
      }();
      if (!checked) NoteFrame(packs, ref, checked.error());
      if (checked) Progress("contents", item.entry().info.name, *checked);
    }
    return {};
  }

  const Chain& chain_;
  const std::set<ManifestName>& names_;
  const CheckContext& context_;
  VerifyReport& report_;
  Bytes pieces_;
  ChainDamage damage_;
  std::set<std::pair<PackId, std::uint32_t>> checked_segments_;
  std::uint64_t bytes_total_ = 0;
};

}  // namespace

Result<void> VerifyChain(const Chain& chain, const std::set<ManifestName>& names,
                         const CheckContext& context, VerifyReport& report) {
  return ChainVerifier(chain, names, context, report).Run();
}

void CountUnfinished(storage::ObjectStore& store, std::string_view prefix, CheckReport& report) {
  // A remark: what cannot be told, as on a store that is only for reading, harms nothing.
  const auto unfinished = store.FindDebris(prefix);
  if (!unfinished) return;
  report.unfinished_objects += unfinished->count;
  report.unfinished_bytes += unfinished->bytes;
}

Result<void> CheckChain(const Chain& chain, const CheckContext& context, CheckReport& report) {
  DBSTOW_TRY(CheckStillWanted(chain, context));
  DBSTOW_ASSIGN(const auto listed, chain.ListManifests());
  DBSTOW_ASSIGN(const auto intents, chain.ListIntents());
  DBSTOW_ASSIGN(const auto marks, chain.ListMarks());
  DBSTOW_ASSIGN(const Fences fences, chain.ListFences());
  std::set<ManifestName> names;
  for (const ListedManifest& each : listed) {
    if (!fences.confirmed.contains(each.name.session)) names.insert(each.name);
  }
  ChainDamage damage;
  DBSTOW_TRY(damage.Load(chain));
  DBSTOW_ASSIGN(const auto packs, damage.CheckPresence(chain, names));
  for (const ManifestName& each : names) report.backups.push_back(damage.VerdictOn(chain, each));
  for (DamagedObject& each : damage.Damaged()) report.damaged.push_back(std::move(each));
  for (const PruneMark& each : marks) {
    if (each.damaged) report.damaged.push_back({each.key, "is a damaged prune mark", {}});
  }
  for (const ListedIntent& each : intents) {
    report.open_sessions.push_back(
        {ToText(each.intent.session), each.intent.since,
         each.intent.purpose == Intent::Purpose::kWrite ? "write" : "read"});
  }
  for (const storage::ObjectInfo& each : packs) {
    if (damage.packs().contains(each.key)) continue;
    ++report.unreferenced_packs;
    report.unreferenced_bytes += each.size;
  }
  for (const std::string& each : chain.layout().Prefixes()) {
    CountUnfinished(chain.store(), each, report);
  }
  return {};
}

VerifyOutcome VerifyReport::outcome() const {
  const auto has = [&](VerifyOutcome outcome) {
    return std::ranges::any_of(backups, [&](const auto& each) { return each.outcome == outcome; });
  };
  if (has(VerifyOutcome::kFailed)) return VerifyOutcome::kFailed;
  // Nothing checked is nothing proven.
  if (backups.empty() || has(VerifyOutcome::kCouldNotVerify)) return VerifyOutcome::kCouldNotVerify;
  return VerifyOutcome::kPassed;
}

}  // namespace dbstow::repository
