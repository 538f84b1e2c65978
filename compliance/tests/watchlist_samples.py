"""Small lists in the publishers' own forms, made by ourselves: invented names, real layouts."""

SDN = (
    b'101,"ORLOV, Example Petrovich","individual","TESTLAND] [SAMPLE","Minister",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 10 Dec 1948; alt. DOB'
    b" circa 1951; POB Sampletown, Testland; nationality Russia; citizen Burma; Gender Male; Passport A123 (Iran) issued 01 Jan 2001"
    b" expires 01 Jan 2011; alt. National ID No. 55-7; Digital Currency Address - XBT 1abcXYZ; a.k.a. 'THE SAMPLE'; Linked To: SAMPLE"
    b' HOLDING."\r\n'
    b'102,"SAMPLE HOLDING",-0- ,"SAMPLE",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n'
    b'103,"SAMPLE STAR","vessel","SAMPLE",-0- ,"CALL9","Oil Tanker","12,000","8,000","Panama","SAMPLE HOLDING","Vessel Registration'
    b' Identification IMO 1234567."\r\n'
    b"\x1a"
)
ALT = b'101,1,"aka","ORLOFF, Example",-0- \r\n102,2,"fka","OLD SAMPLE",-0- \r\n\x1a'
ADD = b'101,1,"1 Main Street","Sampletown","Russia",-0- \r\n102,2,-0- ,-0- ,"Korea, North",-0- \r\n103,3,-0- ,-0- ,-0- ,-0- \r\n\x1a'


def sdn_row(number: int, name: str, *, kind: str = "individual", programme: str = "SAMPLE", remarks: str = "-0- ") -> bytes:
    """One row of the SDN file."""
    said = remarks if remarks == "-0- " else f'"{remarks}"'
    return f'{number},"{name}","{kind}","{programme}",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,{said}\r\n'.encode()


UN = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<CONSOLIDATED_LIST xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" dateGenerated="2026-02-27T00:00:09.554Z">
  <INDIVIDUALS>
    <INDIVIDUAL>
      <DATAID>9000001</DATAID><FIRST_NAME>SAMPLE</FIRST_NAME><SECOND_NAME>ONE</SECOND_NAME><THIRD_NAME>PERSON</THIRD_NAME>
      <UN_LIST_TYPE>Testland</UN_LIST_TYPE><REFERENCE_NUMBER>TLi.001</REFERENCE_NUMBER><LISTED_ON>2012-12-31</LISTED_ON>
      <GENDER>Male</GENDER><NAME_ORIGINAL_SCRIPT>مثال واحد</NAME_ORIGINAL_SCRIPT><COMMENTS1>An invented
      person.</COMMENTS1>
      <TITLE><VALUE>Dr</VALUE></TITLE><DESIGNATION><VALUE>Minister</VALUE></DESIGNATION>
      <NATIONALITY><VALUE>Iran (Islamic Republic of)</VALUE><VALUE>Nowhereland</VALUE></NATIONALITY>
      <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Sampel Wun</ALIAS_NAME></INDIVIDUAL_ALIAS>
      <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><DATE_OF_BIRTH>1979-12-31</DATE_OF_BIRTH><ALIAS_NAME>Sam</ALIAS_NAME></INDIVIDUAL_ALIAS>
      <INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
      <INDIVIDUAL_ADDRESS><STREET>1 Road</STREET><CITY>Sampletown</CITY><COUNTRY>Rwanda</COUNTRY></INDIVIDUAL_ADDRESS>
      <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1971</YEAR></INDIVIDUAL_DATE_OF_BIRTH>
      <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1973</FROM_YEAR><TO_YEAR>1974</TO_YEAR></INDIVIDUAL_DATE_OF_BIRTH>
      <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><NOTE>Nov. 1973 </NOTE></INDIVIDUAL_DATE_OF_BIRTH>
      <INDIVIDUAL_PLACE_OF_BIRTH><CITY>Old Town</CITY><COUNTRY>Rwanda</COUNTRY></INDIVIDUAL_PLACE_OF_BIRTH>
      <INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER>AB1 </NUMBER><ISSUING_COUNTRY>Rwanda</ISSUING_COUNTRY>
        <NOTE>issued under another name</NOTE></INDIVIDUAL_DOCUMENT>
      <SORT_KEY/><SORT_KEY_LAST_MOD/>
    </INDIVIDUAL>
    <INDIVIDUAL><FIRST_NAME>NO NUMBER</FIRST_NAME></INDIVIDUAL>
    <INDIVIDUAL><DATAID>9000003</DATAID></INDIVIDUAL>
    <INDIVIDUAL><DATAID>9000001</DATAID><FIRST_NAME>AGAIN</FIRST_NAME></INDIVIDUAL>
  </INDIVIDUALS>
  <ENTITIES>
    <ENTITY><DATAID>9000004</DATAID><FIRST_NAME>SAMPLE WORKS</FIRST_NAME><UN_LIST_TYPE>Testland</UN_LIST_TYPE>
      <ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>SW</ALIAS_NAME></ENTITY_ALIAS>
      <ENTITY_ADDRESS><COUNTRY>Democratic People's Republic of Korea</COUNTRY></ENTITY_ADDRESS></ENTITY>
  </ENTITIES>
  <VESSELS><VESSEL><DATAID>1</DATAID></VESSEL></VESSELS>
</CONSOLIDATED_LIST>
""".encode()

EU = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-06-05T15:51:25.849+02:00" globalFileId="1">
  <sanctionEntity designationDate="2014-03-17" designationDetails="" unitedNationId="" euReferenceNumber="EU.1.1" logicalId="13">
    <remark>An invented person.</remark>
    <regulation regulationType="regulation" publicationDate="2014-03-17" numberTitle="269/2014 (OJ L78)" programme="SMP" logicalId="1">
      <publicationUrl>http://example.org/1</publicationUrl>
    </regulation>
    <subjectType code="person" classificationCode="P"/>
    <nameAlias firstName="" middleName="" lastName="" wholeName="Образец Иванов" gender="M" title="" nameLanguage="RU" strong="true" logicalId="2"/>
    <nameAlias firstName="Sample" middleName="" lastName="Ivanov" wholeName="Sample Ivanov" function="Minister" gender="M" title="Dr" strong="true"/>
    <nameAlias wholeName="The Sampler" gender="" strong="false"/>
    <citizenship region="" countryIso2Code="RU" countryDescription="RUSSIAN FEDERATION"/>
    <address city="Moscow" street="1 Street" countryIso2Code="00" countryDescription="UNKNOWN"/>
    <birthdate circa="false" calendarType="GREGORIAN" city="Moscow" birthdate="1966-11-30" dayOfMonth="30" monthOfYear="11" year="1966"
      countryIso2Code="RU" countryDescription="RUSSIAN FEDERATION"/>
    <birthdate circa="true" year="1967" countryIso2Code="00" countryDescription="UNKNOWN"/>
    <birthdate circa="false" yearRangeFrom="1960" yearRangeTo="1962" countryIso2Code="00" countryDescription="UNKNOWN"/>
    <identification number="UT1" identificationTypeCode="passport" identificationTypeDescription="National passport" countryIso2Code="RU"
      countryDescription="RUSSIAN FEDERATION" knownExpired="true" knownFalse="false"/>
  </sanctionEntity>
  <sanctionEntity euReferenceNumber="EU.1.2" logicalId="14">
    <subjectType code="enterprise" classificationCode="E"/>
    <nameAlias wholeName="Sample Works LLC" strong="true"/>
  </sanctionEntity>
  <sanctionEntity euReferenceNumber="EU.1.3" logicalId="15"><subjectType code="comet" classificationCode="C"/></sanctionEntity>
  <sanctionEntity euReferenceNumber="EU.1.4" logicalId="16"><subjectType code="person" classificationCode="P"/></sanctionEntity>
</export>
""".encode()

UK_HEADING = (
    "Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Title,Name Non-Latin Script,Non-Latin Script Type,Non-Latin Script Language,DOB,Town of"
    " Birth,Country of Birth,Nationality,Passport Number,Passport Details,National Identification Number,National Identification"
    " Details,Position,Address 1,Address 2,Address 3,Address 4,Address 5,Address 6,Post/Zip Code,Country,Other Information,Group Type,"
    "Alias Type,Alias Quality,Regime,Listed On,UK Sanctions List Date Designated,Last Updated,Group ID"
)


def uk_row(**cells: str) -> str:
    """One row of the CSV, by the columns' names with underscores ("name_6", "group_id")."""
    row = []
    for column in UK_HEADING.split(","):
        value = cells.pop(column.casefold().replace(" ", "_").replace("/", "_").replace("-", "_"), "")
        row.append(f'"{value}"' if value else "")
    assert not cells, f"no such column: {cells}"
    return ",".join(row)


UK_CSV = "\r\n".join(
    [
        "Last Updated,14/06/2022",
        UK_HEADING,
        uk_row(
            name_6="SAMPLOV",
            name_1="Igor",
            title="Dr",
            name_non_latin_script="Образец",
            dob="00/07/1978",
            town_of_birth="(1) Moscow. (2) Kyiv.",
            nationality="(1) Russia. (2) Ukraine.",
            passport_number="(1) P1 (2) P2",
            passport_details="(1) Russian passport (2) Ukrainian passport",
            position="Minister",
            address_1="1 Street",
            country="Russia",
            other_information="Invented.\nOn two lines.",
            group_type="Individual",
            alias_type="Primary name",
            regime="Sample",
            listed_on="17/03/2014",
            group_id="500",
        ),
        uk_row(
            name_6="SAMPLOFF",
            group_type="Individual",
            alias_type="AKA",
            alias_quality="Low quality",
            regime="Sample",
            group_id="500",
        ),
        uk_row(name_6="SAMPLE BANK", group_type="Entity", alias_type="Primary name", regime="Sample", group_id="501"),
        uk_row(name_6="NO GROUP", group_type="Entity", alias_type="Primary name", regime="Sample"),
        uk_row(name_6="STRANGE", group_type="Planet", alias_type="Primary name", regime="Sample", group_id="502"),
        "",
    ]
).encode()

UK_XML = b"""<?xml version="1.0" encoding="utf-8"?>
<ArrayOfFinancialSanctionsTarget xmlns:i="http://www.w3.org/2001/XMLSchema-instance"
    xmlns="http://schemas.hmtreasury.gov.uk/ofsi/consolidatedlist">
  <FinancialSanctionsTarget>
    <Name6>SAMPLOV</Name6><name1>Igor</name1><name2 i:nil="true"/><GroupTypeDescription>Individual</GroupTypeDescription>
    <AliasType>Primary name</AliasType><AliasQuality i:nil="true"/><RegimeName>Sample</RegimeName><GroupID>500</GroupID>
    <Individual_DateOfBirth>00/07/1978</Individual_DateOfBirth><Individual_Gender>Male</Individual_Gender>
    <DateListed>17/03/2014</DateListed><LastUpdated>2022-06-14T00:00:00</LastUpdated><UKSanctionsListRef>SMP0001</UKSanctionsListRef>
  </FinancialSanctionsTarget>
  <FinancialSanctionsTarget>
    <Name6>SAMPLE STAR</Name6><GroupTypeDescription>Ship</GroupTypeDescription><AliasType>Primary name</AliasType>
    <RegimeName>Sample</RegimeName><GroupID>503</GroupID><Ship_IMONumber>1234567</Ship_IMONumber><Ship_Flag>Panama</Ship_Flag>
  </FinancialSanctionsTarget>
  <FinancialSanctionsTarget><Name6>NOBODY</Name6><GroupTypeDescription>Ship</GroupTypeDescription></FinancialSanctionsTarget>
</ArrayOfFinancialSanctionsTarget>
"""

UK_LIST = """<?xml version="1.0" encoding="utf-8"?>
<Designations xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <DateGenerated>10/06/2026</DateGenerated>
  <Designation>
    <LastUpdated>16/04/2026</LastUpdated><DateDesignated>29/06/2012</DateDesignated><UniqueID>SMP0001</UniqueID>
    <OFSIGroupID>500</OFSIGroupID><UNReferenceNumber>SMi.001</UNReferenceNumber>
    <Names>
      <Name><Name6>SAMPLOFF</Name6><NameType>ALias</NameType><AliasStrength>Low quality a.k.a</AliasStrength></Name>
      <Name><Name1>Igor</Name1><Name6>SAMPLOV</Name6><NameType>Primary Name</NameType></Name>
      <Name><Name1>Ihor</Name1><Name6>SAMPLOV</Name6><NameType>Primary name variation</NameType></Name>
      <Name><NameType>Alias</NameType></Name>
    </Names>
    <NonLatinNames><NonLatinName><NameNonLatinScript>Образец</NameNonLatinScript></NonLatinName></NonLatinNames>
    <RegimeName>The Sample (Sanctions) Regulations 2019</RegimeName><IndividualEntityShip>Individual</IndividualEntityShip>
    <SanctionsImposed>Asset freeze|Travel Ban</SanctionsImposed>
    <OtherInformation>An invented
    person.</OtherInformation><UKStatementofReasons>For the tests.</UKStatementofReasons>
    <Addresses><Address><AddressLine1>1 Street</AddressLine1><AddressCountry>Russia</AddressCountry></Address></Addresses>
    <IndividualDetails><Individual>
      <DOBs><DOB>dd/mm/1962</DOB><DOB>15/08/19yy</DOB></DOBs>
      <Nationalities><Nationality>Ukraine</Nationality><Nationality>Atlantis</Nationality></Nationalities>
      <PassportDetails><Passport><PassportNumber>P1</PassportNumber><PassportAdditionalInformation>Russian</PassportAdditionalInformation></Passport>
        <Passport><PassportAdditionalInformation>another one</PassportAdditionalInformation></Passport></PassportDetails>
      <Positions><Position>Minister</Position></Positions><Genders><Gender>Male</Gender></Genders>
      <BirthDetails><Location><TownOfBirth>Kyiv</TownOfBirth><CountryOfBirth>Ukraine</CountryOfBirth></Location></BirthDetails>
    </Individual></IndividualDetails>
  </Designation>
  <Designation><UniqueID>SMP0002</UniqueID><IndividualEntityShip>Ship</IndividualEntityShip><RegimeName>Sample</RegimeName>
    <Names><Name><Name6>SAMPLE STAR</Name6><NameType>Primary Name</NameType></Name></Names>
    <ShipDetails><Ship><IMONumbers><IMONumber>IMO1234567</IMONumber></IMONumbers>
      <CurrentBelievedFlagOfShips><CurrentBelievedFlagOfShip>Panama</CurrentBelievedFlagOfShip></CurrentBelievedFlagOfShips></Ship></ShipDetails>
  </Designation>
  <Designation><UniqueID>SMP0003</UniqueID><IndividualEntityShip>Comet</IndividualEntityShip></Designation>
  <Designation><UniqueID>SMP0004</UniqueID><IndividualEntityShip>Entity</IndividualEntityShip></Designation>
  <Designation><IndividualEntityShip>Entity</IndividualEntityShip></Designation>
  <Designation><UniqueID>SMP0005</UniqueID><IndividualEntityShip>Entity</IndividualEntityShip>
    <Names><Name><Name6>X</Name6><NameType>Nickname</NameType></Name></Names></Designation>
</Designations>
""".encode()

LEGISLATORS = b"""
- id:
    govtrack: 900001
    bioguide: X000001
  name:
    first: Sample
    middle: Q
    last: Senator
    official_full: Sample Q. Senator
    nickname: Sam
  bio:
    birthday: '1958-10-13'
    gender: F
  terms:
  - type: rep
    start: '1993-01-05'
    end: '1995-01-03'
    state: WA
  - type: sen
    start: '2001-01-03'
    end: '2031-01-03'
    state: WA
- id:
    bioguide: X000002
  name:
    last: Nobody
- id:
    govtrack: 900003
  name:
    last: Duke
  terms:
  - type: duke
"""
EXECUTIVE = b"""
- id: {govtrack: 900001, wikidata: Q1}
  name: {first: Sample, last: Senator}
  bio: {birthday: '1958-10-13', gender: F}
  terms: [{type: viceprez, start: '2031-01-20', end: '2035-01-20'}]
"""

OWN = """id,kind,name,family,aliases,weak_aliases,dates_of_birth,countries,identifiers,programmes,gender,listed_on,remarks
h-1,person,Sample Person,Person,Sampel Persson|Sam P.,Sammy,circa 1951|1948-12-10,IR|Korea\u0020North,Passport:X1:IR|Tax number:77,House,female,2026-01-31,"Said, in
two lines"
h-2,organisation,Sample Works,,,,,,,,,,
""".replace("Korea\u0020North", "DPRK").encode()
