#include "repository/write_session.h"

#include <algorithm>

namespace dbstow::repository {

const ItemEntry* ParentBackup::FindItem(const ItemInfo& info) const {
  const auto same = [&](const ItemEntry& each) {
    return each.info.name == info.name && each.info.kind == info.kind &&
           each.info.page_size == info.page_size;
  };
  const auto found = std::ranges::find_if(manifest.items, same);
  return found == manifest.items.end() ? nullptr : &*found;
}

WriteSession::WriteSession(Chain chain, Intent intent, std::optional<ParentBackup> parent,
                           std::shared_ptr<StageMeter> stages)
    : chain_(std::move(chain)),
      intent_(std::move(intent)),
      parent_(std::move(parent)),
      hash_key_(chain_.environment().keyring->current().ForPageHashes()),
      packs_(chain_.environment(), chain_.layout(), intent_.session, std::move(stages)) {}

std::unique_ptr<WriteTools> WriteSession::Borrow() {
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      auto tools = std::move(idle_.back());
      idle_.pop_back();
      return tools;
    }
  }
  return std::make_unique<WriteTools>(hash_key_);
}

void WriteSession::Return(std::unique_ptr<WriteTools> tools) {
  const std::scoped_lock lock(mutex_);
  idle_.push_back(std::move(tools));
}

Result<void> WriteSession::AddItemName(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  if (ended_) return Error(ErrorCode::kConflict, "the backup has already ended");
  if (!names_.insert(name).second) {
    return Error(ErrorCode::kAlreadyExists, "the backup already has an item '" + name + "'");
  }
  unfinished_.insert(name);
  return {};
}

void WriteSession::FinishItem(ItemEntry entry, const std::set<PackId>& needed) {
  const std::scoped_lock lock(mutex_);
  if (ended_) return;
  unfinished_.erase(entry.info.name);
  outcome_.items.push_back(std::move(entry));
  outcome_.needed.insert(needed.begin(), needed.end());
}

void WriteSession::Warn(std::string warning) {
  const std::scoped_lock lock(mutex_);
  outcome_.warnings.push_back(std::move(warning));
}

Result<WriteSession::Outcome> WriteSession::End() {
  const std::scoped_lock lock(mutex_);
  if (ended_) return Error(ErrorCode::kConflict, "the backup has already ended");
  if (!unfinished_.empty()) {
    return Error(ErrorCode::kInvalidOptions, "item '" + *unfinished_.begin() +
                                                 "' was not finished, so the backup is not whole");
  }
  ended_ = true;
  return outcome_;
}

}  // namespace dbstow::repository
