#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "doubles/sqlserver/testing/in_process_server.h"

namespace dbstow::doubles::sqlserver {

/// The numbers of errors.
using Numbers = std::vector<int>;

/// A server with the database `shop`, a table `item` in it, and backup files of its own.
class ShopTest : public testing::Test {
 protected:
  explicit ShopTest(const InstanceSettings& settings = {})
      : server_(folder_.path() + "/server", settings), sql_(server_.Connect()) {
    Good("CREATE DATABASE shop");
    Good("CREATE TABLE shop.dbo.item (id int PRIMARY KEY, name nvarchar(40) NOT NULL)");
  }

  std::string File(const std::string& name) const { return folder_.path() + "/" + name + ".bak"; }
  std::string Disk(const std::string& name) const { return "DISK = '" + File(name) + "'"; }
  Answer Good(const std::string& sql) {
    Answer answer = sql_->Run(sql);
    EXPECT_EQ(answer.errors, Numbers()) << sql;
    return answer;
  }
  void Bad(const std::string& sql, const Numbers& errors) {
    EXPECT_EQ(sql_->Run(sql).errors, errors) << sql;
  }
  void Put(int id) {
    Good("INSERT INTO shop.dbo.item VALUES (" + std::to_string(id) + ", N'item')");
  }
  std::string Count(const std::string& database = "shop") {
    return Good("SELECT COUNT(*) FROM " + database + ".dbo.item").value();
  }
  /// Brings the database into a state that no statement brings about.
  void Change(const std::function<void(Database&)>& change) {
    Instance& instance = server_.engine().instance();
    const std::scoped_lock lock(instance.mutex());
    UnitOfWork work(instance);
    change(instance.Mutable(instance.Find("shop")->id));
    EXPECT_TRUE(work.Commit());
  }
  void Full(const std::string& name, const std::string& with = "INIT") {
    Good("BACKUP DATABASE shop TO " + Disk(name) + " WITH " + with);
  }
  void Log(const std::string& name) { Good("BACKUP LOG shop TO " + Disk(name) + " WITH INIT"); }
  std::string Restore(const std::string& verb, const std::string& name,
                      const std::string& with) const {
    return "RESTORE " + verb + " shop FROM " + Disk(name) + " WITH " + with;
  }
  std::string Move(const std::string& name) const {
    return "MOVE 'shop' TO '" + folder_.path() + "/" + name + ".mdf', MOVE 'shop_log' TO '" +
           folder_.path() + "/" + name + ".ldf'";
  }
  /// Waits for something that another session brings about; a minute and it is a failure.
  void Await(const std::function<bool()>& what) {
    for (int i = 0; i < 6000 && !what(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_TRUE(what());
  }

  test::ScratchFolder folder_;
  InProcessServer server_;
  std::unique_ptr<InProcessSession> sql_;
};

}  // namespace dbstow::doubles::sqlserver
