#pragma once

#include <algorithm>
#include <string>

#include "doubles/sqlserver/testing/shop_test.h"

namespace dbstow::doubles::sqlserver {

/// `shop` with a second file group `arch`, and a table `old` in it.
class GroupsTest : public ShopTest {
 protected:
  explicit GroupsTest(const InstanceSettings& settings = {}) : ShopTest(settings) {
    AddGroup("arch");
    Good("CREATE TABLE shop.dbo.old (id int PRIMARY KEY, name nvarchar(40) NOT NULL) ON arch");
  }

  void AddGroup(const std::string& name) {
    Good("ALTER DATABASE shop ADD FILEGROUP " + name);
    Good("ALTER DATABASE shop ADD FILE (NAME = shop_" + name + ", FILENAME = '" + folder_.path() +
         "/shop_" + name + ".ndf') TO FILEGROUP " + name);
  }
  void PutOld(int id) {
    Good("INSERT INTO shop.dbo.old VALUES (" + std::to_string(id) + ", N'old')");
  }
  std::string CountOld() { return Good("SELECT COUNT(*) FROM shop.dbo.old").value(); }
  void BackUp(const std::string& what, const std::string& name, const std::string& with = "INIT") {
    Good("BACKUP DATABASE shop " + what + " TO " + Disk(name) + " WITH " + with);
  }
  std::string RestoreOf(const std::string& what, const std::string& name,
                        const std::string& with) const {
    return "RESTORE DATABASE shop " + what + " FROM " + Disk(name) + " WITH " + with;
  }
  void Tail() { Good("BACKUP LOG shop TO " + Disk("tail") + " WITH INIT, NORECOVERY"); }
  std::string Header(const std::string& name, const std::string& column) {
    return Good("RESTORE HEADERONLY FROM " + Disk(name)).at(0, column);
  }
  std::string FileState(const std::string& file) {
    return Good("SELECT state_desc FROM sys.master_files WHERE name = '" + file + "'").value();
  }
  static bool Says(const Answer& answer, int number) {
    return std::find(answer.infos.begin(), answer.infos.end(), number) != answer.infos.end();
  }
};

}  // namespace dbstow::doubles::sqlserver
