#include "doubles/mongodb/server/node.h"

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/model/ids.h"

namespace dbstow::doubles::mongodb {
namespace {

/// A mongod has this document from its first start on: users and roles are of schema 5.
void MakeAuthSchema(Catalog& catalog, Writer& writer) {
  const Namespace name{"admin", "system.version"};
  if (catalog.Find(name) != nullptr) return;
  const Result<Collection*> made = writer.Create(name, Document());
  if (!made) return;
  const std::string feature =
      Builder().String("_id", "featureCompatibilityVersion").String("version", "7.0").Finish();
  (void)writer.Insert(**made, feature);
  const std::string schema =
      Builder().String("_id", "authSchema").Add("currentVersion", 5).Finish();
  (void)writer.Insert(**made, schema);
}

}  // namespace

Node::Node(NodeOptions options, std::unique_ptr<Catalog> catalog)
    : options_(std::move(options)),
      catalog_(std::move(catalog)),
      oplog_(*catalog_, !options_.replica_set.empty(), options_.oplog_bytes),
      writer_(*catalog_, oplog_),
      sessions_(*catalog_),
      process_id_(NewObjectId(static_cast<std::uint32_t>(catalog_->clock().NowMs() / 1000))) {
  MakeAuthSchema(*catalog_, writer_);
  // After a start there is an election.
  if (in_replica_set()) oplog_.StartTerm();
  catalog_->Commit();
}

Result<std::unique_ptr<Node>> Node::Open(const std::string& folder, NodeOptions options) {
  DBSTOW_ASSIGN(auto catalog, Catalog::Open(folder));
  return std::unique_ptr<Node>(new Node(std::move(options), std::move(catalog)));
}

std::int64_t Node::AddCursor(std::unique_ptr<Cursor> cursor) {
  const std::int64_t id = NewCursorId();
  cursors_[id] = std::move(cursor);
  return id;
}

Cursor* Node::FindCursor(std::int64_t id) {
  const auto found = cursors_.find(id);
  return found == cursors_.end() ? nullptr : found->second.get();
}

bool Node::KillCursor(std::int64_t id) { return cursors_.erase(id) != 0; }

std::size_t Node::KillAllCursors() {
  const std::size_t count = cursors_.size();
  cursors_.clear();
  return count;
}

void Node::KillCursorsOf(const std::string& session) {
  std::erase_if(cursors_, [&](const auto& entry) { return entry.second->session == session; });
}

std::optional<Node::Fault> Node::TakeFault(const std::string& command) {
  const auto found = faults.find(command);
  if (found == faults.end()) return std::nullopt;
  const Fault fault = found->second;
  if (--found->second.times <= 0) faults.erase(found);
  return fault;
}

bool Node::IsPrimary() {
  if (!in_replica_set()) return true;
  if (!primary_ && std::chrono::steady_clock::now() >= primary_again_) {
    primary_ = true;
    oplog_.StartTerm();
    catalog_->Commit();
    changed.notify_all();
  }
  return primary_;
}

void Node::StepUp() {
  primary_again_ = {};
  (void)IsPrimary();
}

void Node::StepDown(std::chrono::milliseconds period) {
  primary_ = false;
  primary_again_ = std::chrono::steady_clock::now() + period;
  ++step_downs_;
  sessions_.AbortAll();
  changed.notify_all();
}

}  // namespace dbstow::doubles::mongodb
