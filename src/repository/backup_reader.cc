#include "repository/backup_reader.h"

#include <algorithm>

#include "repository/item_source.h"

namespace dbstow::repository {
namespace {

Error RemovedMeanwhile(const Chain& chain, const ManifestName& name) {
  return Error(ErrorCode::kConflict, "backup " + name.backup_id + " of " + chain.instance() +
                                         " was removed by a prune meanwhile")
      .WithHint("choose another with `dbstow backups`");
}

class AnnouncedReader final : public BackupReader {
 public:
  AnnouncedReader(Chain chain, ManifestName name, std::unique_ptr<ReadAnnouncement> announcement,
                  Manifest manifest)
      : chain_(std::move(chain)),
        name_(std::move(name)),
        announcement_(std::move(announcement)),
        manifest_(std::move(manifest)),
        packs_(chain_.environment(), chain_.layout(), manifest_.packs) {
    for (const ItemEntry& each : manifest_.items) items_.push_back(each.info);
  }

  const BackupRecord& record() const override { return manifest_.head.record; }
  const std::vector<ItemInfo>& items() const override { return items_; }

  Result<std::unique_ptr<StreamSource>> OpenStream(std::string_view name) override {
    DBSTOW_ASSIGN(const ItemEntry* entry, Find(name, ItemInfo::Kind::kStream));
    return OpenStreamSource(*entry, packs_, Explainer());
  }

  Result<std::unique_ptr<PageSource>> OpenPages(std::string_view name) override {
    DBSTOW_ASSIGN(const ItemEntry* entry, Find(name, ItemInfo::Kind::kPages));
    return OpenPageSource(*entry, packs_, Explainer());
  }

 private:
  Result<const ItemEntry*> Find(std::string_view name, ItemInfo::Kind kind) const {
    const auto found = std::ranges::find_if(manifest_.items, [&](const ItemEntry& each) {
      return each.info.name == name && each.info.kind == kind;
    });
    if (found != manifest_.items.end()) return &*found;
    return Error(ErrorCode::kNotFound, "backup " + name_.backup_id + " has no " +
                                           (kind == ItemInfo::Kind::kPages ? "pages" : "stream") +
                                           " '" + std::string(name) + "'");
  }

  ExplainError Explainer() const {
    return [this](Error error) { return Explain(std::move(error)); };
  }

  Error Explain(Error error) const {
    if (error.code() != ErrorCode::kCorrupt) return error;
    const auto still = chain_.store().List(chain_.layout().Manifest(name_.Text()));
    if (still && still->empty()) return RemovedMeanwhile(chain_, name_);
    return Error(ErrorCode::kCorrupt,
                 "backup " + name_.backup_id + " cannot be read in full: " + error.message())
        .WithHint("other backups still restore unless they share that object; see `dbstow verify`")
        .WithCause(std::move(error));
  }

  const Chain chain_;
  const ManifestName name_;
  const std::unique_ptr<ReadAnnouncement> announcement_;
  const Manifest manifest_;
  std::vector<ItemInfo> items_;
  PackReader packs_;
};

}  // namespace

std::unique_ptr<ReadAnnouncement> ReadAnnouncement::Put(const Chain& chain,
                                                        const ManifestName& name) {
  std::optional<Intent> announced;
  auto intent = chain.Announce(Intent::Purpose::kRead, name.Text());
  // Whatever is wrong with writing there, reading tells what is wrong with reading.
  if (intent) announced = *std::move(intent);
  return std::unique_ptr<ReadAnnouncement>(new ReadAnnouncement(chain, std::move(announced)));
}

ReadAnnouncement::~ReadAnnouncement() {
  if (!intent_) return;
  // What stays behind only delays a prune, until it is fenced as a dead session.
  [[maybe_unused]] const auto withdrawn = chain_.Withdraw(*intent_);
}

Result<std::unique_ptr<BackupReader>> OpenBackup(Chain chain, ManifestName name) {
  auto announcement = ReadAnnouncement::Put(chain, name);
  auto manifest = chain.ReadManifest(name);
  if (!manifest && manifest.error().code() == ErrorCode::kNotFound) {
    return RemovedMeanwhile(chain, name);
  }
  if (!manifest) return std::move(manifest).error();
  return std::unique_ptr<BackupReader>(std::make_unique<AnnouncedReader>(
      std::move(chain), std::move(name), std::move(announcement), *std::move(manifest)));
}

}  // namespace dbstow::repository
